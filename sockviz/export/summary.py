"""The end of the text: how each connection went, the listeners, what was dropped, the counters."""

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap

from sockviz import harmless
from sockviz.export import words
from sockviz.export.story import Story
from sockviz.tcp.states import State
from sockviz.world.labels import count_bytes
from sockviz.world.model import Connection, Endpoint, Listener


def summary(story: Story, width: int) -> Iterator[str]:
    """The lines of the summary."""
    for text in _texts(story):
        indent = len(text) - len(text.lstrip()) + 2
        yield from wrap(text, width, subsequent_indent=" " * indent, drop_whitespace=True) or [""]


def _texts(story: Story) -> Iterator[str]:
    world = story.world
    if world.connections:
        yield "Connections, each end with the states it went through"
        for connection in world.connections.values():
            yield from _connection(story, connection)
    if world.listeners:
        yield "Listeners"
        for listener in world.listeners.values():
            yield f"  {_listener(story, listener)}"
    causes = Counter(f"{drop.cause}{f' ({drop.counter})' if drop.counter else ''}" for drop in story.drops)
    causes.update(words.cause(arrow) for arrow in story.arrows if arrow.dropped is not None)
    if causes:
        yield "Dropped"
        yield from (harmless.replaced(f"  {count} times: {cause}") for cause, count in causes.most_common())
    hosts = sorted({host for host, _ in world.counters})
    if hosts:
        yield "Counters that rose"
        for host in hosts:
            raised = [f"{name} {total}" for (where, name), total in world.counters.items() if where == host]
            yield harmless.replaced(f"  {host}: {', '.join(raised)}")


def _connection(story: Story, connection: Connection) -> Iterator[str]:
    number = words.number(connection.id)
    header = story.world.header
    # In a capture nobody sees sockets and their owners.
    known = header is None or header.source != "pcap"
    for end in (connection.client, connection.server):
        program = story.world.programs.get((end.host, end.pid)) if end.pid is not None else None
        parts = [_way(end) if known or end.history else ""]
        if known:
            parts.append(words.owner(end, program.name if program is not None else ""))
        if connection.listener is not None and end is connection.server and not end.accepted and end.history:
            parts.append("not accepted")
        if end.bytes_sent:
            parts.append(f"{count_bytes(end.bytes_sent)} sent")
        told = ", ".join(part for part in parts if part)
        yield harmless.replaced(f"  {number:<3} {end.host:<6} {end.local}  {told}")
        number = ""
    if connection.ghost:
        yield "             a ghost: ESTABLISHED on the client, no socket on the server"


def _way(end: Endpoint) -> str:
    """`SYN_SENT → ESTABLISHED`; an end that was never a socket: `no socket`."""
    if not end.history:
        return "no socket"
    states = [transition.after.value for transition in end.history]
    if end.history[0].before not in (State.CLOSED, State.LISTEN):
        states.insert(0, end.history[0].before.value)
    return " → ".join(states) + (" (reset)" if end.reset else "")


def _listener(story: Story, listener: Listener) -> str:
    parts = [f"{listener.host} {listener.local} {listener.state.value}"]
    if listener.backlog is not None:
        parts.append(f"backlog {listener.backlog}")
    limit = "" if listener.limit is None else f" (limit {listener.limit})"
    if listener.state is State.LISTEN:
        parts.append(f"accept queue {len(listener.accept_queue)}{limit}, SYN queue {len(listener.syn_queue)}")
    deepest = story.deepest.get((listener.host, listener.local))
    if deepest:
        parts.append(f"at most {deepest} waited in the accept queue{limit}")
    if listener.drops:
        parts.append(f"{listener.drops} dropped")
    return harmless.replaced(", ".join(parts))
