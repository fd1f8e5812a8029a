"""Many ports are watched: all that have a listener, of a machine that has very many."""

import socket
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack

import pytest
from watch_driver import BOUND

from sockviz.errors import UserError
from sockviz.events import Event, SegmentCaptured, StateTraced
from sockviz.sources.clock import Clock
from sockviz.sources.watch.filter import MOST_PORTS
from sockviz.sources.watch.packets import Packets
from sockviz.sources.watch.trace import Trace

MANY = [150, MOST_PORTS, MOST_PORTS + 1, 5_000]
"""More than one jump of the packet filter reaches; the most that it compares; more than that."""


@pytest.fixture
def packets() -> Iterator[Packets]:
    try:
        made = Packets(Clock())
    except UserError as error:
        pytest.skip(error.message)
    yield made
    made.close()


@pytest.fixture
def trace(tracing: None) -> Iterator[Trace]:
    made = Trace(Clock(), "server")
    yield made
    made.close()


def look(watch: Callable[[Collection[int]], None], read: Callable[[], Sequence[Event]], count: int) -> None:
    """A connection to one of the watched ports is told of, and none to another port that was made before."""
    with ExitStack() as stack:
        watched, other = (stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        wanted, unwanted = (one.getsockname()[1] for one in (watched, other))
        more = [port for port in range(20_000, 65_536) if port not in {wanted, unwanted}][: count - 1]
        watch({wanted, *more})
        for server in (other, watched):
            stack.enter_context(socket.create_connection(server.getsockname()))
        found: set[str] = set()
        end = time.monotonic() + BOUND
        while f"127.0.0.1:{wanted}" not in found:
            assert time.monotonic() < end, f"never told of; told of {found}"
            found.update(map(local, read()))
        assert f"127.0.0.1:{unwanted}" not in found


def local(event: Event) -> str:
    """The server's address."""
    if isinstance(event, StateTraced):
        return event.local
    assert isinstance(event, SegmentCaptured)
    return event.segment.destination if event.receiver == "server" else event.segment.source


@pytest.mark.parametrize("count", MANY)
def test_packets_of_many_ports(packets: Packets, count: int) -> None:
    look(packets.watch, packets.read, count)


@pytest.mark.parametrize("count", MANY)
def test_transitions_of_many_ports(root: None, trace: Trace, count: int) -> None:
    look(trace.watch, trace.read, count)
