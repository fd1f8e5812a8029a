"""A run in a few lines of text, for somebody who watched it scroll by. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from sockviz.errors import printable
from sockviz.tcp.states import State
from sockviz.world.model import Drop, Endpoint, Listener, World


def summary(world: World, drops: Iterable[Drop]) -> list[str]:
    """Lines about what was true in `world`, and what was dropped all along."""
    lines = [
        ("", _run(world)),
        *(("client", text) for text in _ends(connection.client for connection in world.connections.values())),
        *(("server", text) for text in _ends(connection.server for connection in world.connections.values())),
        *(("ghosts", text) for text in _ghosts(world)),
        *(("listener", _listener(listener)) for listener in world.listeners.values()),
        *(("dropped", text) for text in _drops(drops)),
        *(("counters", text) for text in _counters(world)),
    ]
    return [printable(f"{label:<10}{text}".strip() if label else text) for label, text in lines]


def _run(world: World) -> str:
    header = world.header
    if header is None:
        return "nothing was seen"
    return f"{header.source}, {header.kernel}, just before closing:"


def _ends(ends: Iterable[Endpoint]) -> Iterator[str]:
    """`2 ESTABLISHED without owner, 1 CLOSE_WAIT`."""
    count = Counter(_end(end) for end in ends if end.state is not State.CLOSED)
    if count:
        yield ", ".join(f"{number} {what}" for what, number in count.items())


def _end(end: Endpoint) -> str:
    # After close() nobody owns the socket either, but that is no news.
    waiting = end.pid is None and end.state in {State.ESTABLISHED, State.CLOSE_WAIT}
    return f"{end.state} without owner" if waiting else end.state


def _ghosts(world: World) -> Iterator[str]:
    ghosts = sum(connection.ghost for connection in world.connections.values())
    if ghosts:
        yield f"{ghosts} ESTABLISHED on the client, without a socket on the server"


def _listener(listener: Listener) -> str:
    if listener.state is State.CLOSED:
        return f"{listener.local} closed"
    depth = listener.depth if listener.depth is not None else len(listener.accept_queue)
    limit = listener.limit if listener.limit is not None else "unknown"
    full = ", full" if listener.full else ""
    return f"{listener.local}: accept queue {depth}, limit {limit}{full}; SYN queue {len(listener.syn_queue)}"


def _drops(drops: Iterable[Drop]) -> Iterator[str]:
    for (cause, counter), number in Counter((drop.cause, drop.counter) for drop in drops).items():
        yield f"{number} times: {cause}" + (f" [{counter}]" if counter else "")


def _counters(world: World) -> Iterator[str]:
    """What the kernel counted; outside the lab it counts for everybody."""
    shared = world.header is not None and world.header.source == "loopback"
    for host in dict.fromkeys(host for host, _ in world.counters):
        counters = (f"{name} {total}" for (where, name), total in world.counters.items() if where == host)
        yield f"{'this machine' if shared else host}: {', '.join(counters)}"
