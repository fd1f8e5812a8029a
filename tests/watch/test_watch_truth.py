"""Every connection, every transition, as the kernel's tracepoint tells it: none missing, none invented."""

from collections.abc import Iterator

import pytest
from kernel import Ends, Step, Tracer, port
from watch_driver import Program, Watching

from sockviz.events import StateTraced
from sockviz.world.watch.changes import find
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

CONNECTIONS = 2_000
LONG = 180.0
"""Seconds for all of them on a busy machine."""


def closed(state: str) -> str:
    """The kernel's CLOSE is our CLOSED."""
    return "CLOSED" if state == "CLOSE" else state


def traced(watching: Watching) -> dict[Ends, list[Step]]:
    found: dict[Ends, list[Step]] = {}
    for event in watching.events:
        if isinstance(event, StateTraced):
            steps = found.setdefault(Ends(port(event.local), port(event.remote)), [])
            steps.append((closed(event.before), closed(event.after)))
    return found


@pytest.fixture(params=["127.0.0.1", "::"])
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    with Program("echo", request.param) as program:
        yield program


def connections(server: Program) -> list[int]:
    """Made, one after the other; their ports."""
    with Program("short", "127.0.0.1", server.first()["port"], CONNECTIONS) as clients:
        clients.process.wait(LONG)
        return list(clients.first()["ports"])


def test_each_transition_is_told_by_the_tracepoint(root: None, tracing: None, server: Program) -> None:
    number = server.first()["port"]
    with Tracer(number) as tracer, Watching(f":{number}", level="trace") as watching:
        watching.begun()
        ports = connections(server)
        watching.until(lambda watch: sum(one.closed for one in watch.listeners.values()) >= CONNECTIONS)
        tracer.stop()
    truth = {
        ends: steps for ends, steps in tracer.sequences().items() if ends.local == number and ends.remote
    }
    assert traced(watching) == truth
    assert {ends.remote for ends in truth} == set(ports)
    listener = next(one for one in watching.watch.listeners.values() if one.chosen)
    assert (listener.opened, listener.accepted, listener.closed) == (CONNECTIONS,) * 3
    assert watching.watch.lost == 0


def test_each_connection_is_told_by_its_packets(root: None, server: Program) -> None:
    number = server.first()["port"]
    with Watching(f":{number}", level="packets") as watching:
        watching.begun()
        ports = connections(server)
        watching.until(lambda watch: sum(one.closed for one in watch.listeners.values()) >= CONNECTIONS)
    listener = next(one for one in watching.watch.listeners.values() if one.chosen)
    assert (listener.opened, listener.accepted, listener.closed) == (CONNECTIONS,) * 3
    assert watching.watch.lost == 0
    order, states = replayed(watching, f"127.0.0.1:{number}", [f"127.0.0.1:{one}" for one in ports])
    assert order == [f"127.0.0.1:{one}" for one in ports]
    # The client closes first.
    life = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"]
    assert {tuple(one) for one in states.values()} == {tuple(life)}


def replayed(watching: Watching, local: str, peers: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The peers in order of their appearance, and what each went through."""
    watch = Watch()
    order: list[str] = []
    states: dict[str, list[str]] = {}
    open_ = {}
    for event in watching.events:
        fold(watch, event)
        for one in list(watch.connections.values())[-2:]:
            if one.id not in open_:
                open_[one.id] = one
                order.append(one.remote)
                states[one.remote] = []
        for number, one in list(open_.items()):
            if not states[one.remote] or states[one.remote][-1] != one.state:
                states[one.remote].append(one.state)
            if one.state == "CLOSED":
                del open_[number]
    assert find(watch, local, peers[-1]) is None
    return order, states
