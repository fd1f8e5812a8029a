"""Headless runs for real, in the lab and on loopback, as root and as nobody; what is true in the world."""

import json
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from command import SOCKVIZ, free_port, run, said_of_a_killed

from sockviz.events import AnyEvent, CallReturned, Ended, Header, SegmentSent, decode, encode
from sockviz.recording.reader import read
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import Drop, World


@pytest.fixture(params=["lab", "loopback"])
def source(request: pytest.FixtureRequest, user: list[str]) -> list[str]:
    """The options for a source that this user can have."""
    options = ["--source", request.param]
    if request.param == "loopback":
        options += ["--port", free_port()]
    elif (done := run("--headless", "--clients", "0", *options, prefix=user)).returncode == 2:
        pytest.skip(done.stderr.strip())
    return options


def played(*arguments: str, prefix: list[str]) -> list[AnyEvent]:
    """The events of a headless run."""
    done = run("--headless", *arguments, prefix=prefix)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return [decode(line) for line in done.stdout.splitlines()]


def world(events: list[AnyEvent], until: int | None = None) -> World:
    return advance(World(), [event for event in events if until is None or event.t <= until])[0]


def sees_packets(events: list[AnyEvent]) -> bool:
    assert isinstance(events[0], Header)
    return "capture" in events[0].capabilities


def test_a_whole_life(source: list[str], user: list[str]) -> None:
    events = played(*source, prefix=user)
    assert isinstance(events[0], Header)
    assert isinstance(events[-1], Ended)
    end = world(events)
    (connection,) = end.connections.values()
    assert connection.client.state is State.TIME_WAIT
    assert connection.server.state is State.CLOSED
    assert connection.server.accepted
    assert [listener.state for listener in end.listeners.values()] == [State.CLOSED]
    data = [event.data for event in events if isinstance(event, CallReturned) and event.data]
    assert Counter(data) == {b"hello": 2, b"welcome": 2}
    if sees_packets(events):
        passed = [transition.after for transition in connection.client.history]
        assert passed == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"]
        passed = [transition.after for transition in connection.server.history]
        assert passed == ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"]


@pytest.mark.parametrize("accept", ["auto", "manual"])
def test_several_clients_and_a_short_backlog(source: list[str], user: list[str], accept: str) -> None:
    """More clients than the queue holds: the rest get in when their SYN is sent again."""
    events = played("--clients", "4", "--backlog", "1", "--accept", accept, *source, prefix=user)
    end = world(events)
    assert len(end.connections) == 4
    for connection in end.connections.values():
        assert connection.server.accepted
        assert (connection.client.state, connection.server.state) == (State.TIME_WAIT, State.CLOSED)


def test_ipv6(source: list[str], user: list[str]) -> None:
    (connection,) = world(played("--ipv6", *source, prefix=user)).connections.values()
    assert connection.client.local.startswith("[")
    assert connection.client.state is State.TIME_WAIT


def test_a_full_accept_queue(source: list[str], user: list[str], shared: Path) -> None:
    """Nobody accepts and the backlog is 1: two get in, three stay outside, and it is known why."""
    recording = shared / "r.jsonl"
    events = played("--clients", "5", "--accept", "never", "--backlog", "1", "--duration", "3",
                    "--record", str(recording), *source, prefix=user)  # fmt: skip
    assert recording.read_bytes() == b"".join(map(encode, events))
    before_closing = max(event.t for event in events if event.t < 3_000_000_000)
    seen = world(events, before_closing)

    states = Counter(connection.client.state for connection in seen.connections.values())
    assert states == {State.ESTABLISHED: 2, State.SYN_SENT: 3}
    served = [c.server for c in seen.connections.values() if c.server.state is State.ESTABLISHED]
    assert [(end.pid, end.fd, end.accepted) for end in served] == [(None, None, False)] * 2
    (listener,) = seen.listeners.values()
    assert (listener.depth, listener.limit, listener.full) == (2, 1, True)
    assert len(listener.accept_queue) == 2

    _, facts = advance(World(), [event for event in events if event.t <= before_closing])
    drops = [fact for fact in facts if isinstance(fact, Drop)]
    overflows = sum(total for (_, name), total in seen.counters.items() if name == "ListenOverflows")
    assert overflows >= 3
    assert len(drops) >= 3
    if sees_packets(events):
        sent = [event for event in events if isinstance(event, SegmentSent) and event.t < before_closing]
        assert len(drops) == sum(event.segment.flags == "SYN" for event in sent) - 2
        assert {drop.counter for drop in drops} == {"ListenOverflows"}
        assert all("accept queue is full" in drop.cause for drop in drops)
        assert all(drop.connection is not None for drop in drops)
    if "lab" in source:
        assert overflows == len(drops)

    end = world(events)
    assert all(c.client.state in {State.CLOSED, State.TIME_WAIT} for c in end.connections.values()), [
        c.client.state for c in end.connections.values()
    ]


def test_standard_error_sums_it_up(source: list[str], user: list[str]) -> None:
    done = run("--headless", "--clients", "3", "--accept", "never", "--backlog", "1", "--duration", "1.5",
               *source, prefix=user)  # fmt: skip
    said = " ".join(done.stderr.split())
    assert "client 2 ESTABLISHED, 1 SYN_SENT" in said
    assert "server 2 ESTABLISHED without owner" in said
    assert "accept queue 2, limit 1, full" in said
    assert "ListenOverflows" in said
    whose = "this machine:" if "loopback" in source else "server:"
    assert f"counters {whose}" in said


def test_a_program_that_somebody_killed_is_told_of(source: list[str]) -> None:
    delay = "300" if "lab" in source else "0"
    options = ["--headless", "--clients", "1", "--delay", delay, *source]
    assert said_of_a_killed("server", *options, told='"listen"') == "sockviz: server was killed by SIGKILL"


def test_duration_bounds_a_run() -> None:
    events = played("--source", "loopback", "--port", free_port(), "--accept", "manual",
                    "--clients", "0", "--duration", "30", prefix=[])  # fmt: skip
    assert events[-1].t < 30_000_000_000


def test_a_killed_run_loses_at_most_half_a_second(source: list[str], user: list[str], shared: Path) -> None:
    recording = shared / "r.jsonl"
    options = ["--accept", "never", "--clients", "3", "--backlog", "0", "--duration", "60"]
    command = [*user, *SOCKVIZ, "--headless", *source, *options, "--record", str(recording)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/") as process:
        assert process.stdout
        header = json.loads(process.stdout.readline())
        wall_clock = header["wall_clock"]
        while b"segment_sent" not in (line := process.stdout.readline()) and b"SYN_SENT" not in line:
            assert line
        # A client sends its SYN again after a second: there are events all the time.
        while json.loads(line)["t"] < 2_500_000_000:
            line = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        killed = time.time_ns() - wall_clock
        process.wait()
    notices: list[str] = []
    events = list(read(recording, notices.append))
    assert len(events) > 20
    assert events[-1].t >= json.loads(line)["t"]
    # The last SYN before the kill was at most a second ago.
    assert killed - events[-1].t < 1_500_000_000
    assert world(events).listeners


def test_export_of_a_run_as_the_kernel_would_tell_it(
    source: list[str], user: list[str], shared: Path
) -> None:
    recording = shared / "r.jsonl"
    events = played(*source, "--record", str(recording), prefix=user)
    done = run("export", str(recording), "--to", "states", prefix=user)
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert steps == sorted(steps, key=lambda step: step["t"])
    if sees_packets(events):
        server = [(s["from"], s["to"]) for s in steps if s["host"] == "server" and s["remote"][-2:] != ":0"]
        assert server == [
            ("LISTEN", "SYN_RECV"), ("SYN_RECV", "ESTABLISHED"), ("ESTABLISHED", "CLOSE_WAIT"),
            ("CLOSE_WAIT", "LAST_ACK"), ("LAST_ACK", "CLOSED"),
        ]  # fmt: skip
    out = shared / "out"
    assert run("export", str(recording), "--to", "states", "-o", str(out), prefix=user).stdout == ""
    assert out.read_text() == done.stdout
    text = run("export", str(recording), "--to", "text", prefix=user)
    assert text.returncode == 0, text.stderr
    assert "SYN" in text.stdout
    assert "\x1b" not in text.stdout
