"""What the packets say of the server's end of a connection, before the table is read again.

By the one transition table (`sockviz.tcp.states`). What arrived may have been ignored by the kernel: then the
state is `inferred`, and the next reading of the table confirms or corrects it.
"""

from sockviz.events import Segment, SegmentCaptured
from sockviz.tcp.states import State, Trigger, step
from sockviz.world.watch.changes import appear, change, find, go, listener_of, take, wait
from sockviz.world.watch.model import Watch, WatchedConnection

_NONE = -1
_OURS, _THEIRS = 0, 1


def segment_captured(watch: Watch, event: SegmentCaptured) -> None:
    """A packet left for a client, or arrived from one."""
    segment = event.segment
    flags = segment.flags.split("|")
    ours = event.sender == "server"
    local, remote = (segment.source, segment.destination) if ours else (segment.destination, segment.source)
    connection = find(watch, local, remote)
    if ours and "SYN" in flags and "ACK" in flags:
        connection = _answered(watch, connection, local, remote)
    if connection is None:
        return
    connection.touched = watch.t
    watch.doubtful[connection.id] = None
    for trigger in _sent(connection, flags, segment) if ours else _arrived(connection, flags, segment):
        _fire(watch, connection, trigger)
        if connection.state == State.CLOSED:
            return


def _answered(
    watch: Watch, connection: WatchedConnection | None, local: str, remote: str
) -> WatchedConnection | None:
    """A SYN-ACK: a connection begins, if it is not that of a SYN-ACK before."""
    if connection is not None and connection.state in {State.SYN_RECV, State.ESTABLISHED}:
        return connection
    if connection is not None:
        go(watch, connection)
    listener = listener_of(watch, local)
    if listener is None:
        return None
    connection = appear(watch, listener, local, remote, State.SYN_RECV)
    connection.provenance, connection.numbers = "observed", [_NONE, _NONE]
    return connection


def _sent(connection: WatchedConnection, flags: list[str], segment: Segment) -> list[Trigger]:
    if "RST" in flags:
        return [Trigger.SEND_RST]
    if "FIN" in flags:
        _remember(connection, _OURS, segment)
        return [Trigger.SEND_FIN]
    return []


def _arrived(connection: WatchedConnection, flags: list[str], segment: Segment) -> list[Trigger]:
    """In the order of RFC 9293 §3.10.7."""
    if "RST" in flags:
        return [Trigger.RECV_RST]
    triggers = []
    if "ACK" in flags:
        if connection.state == State.SYN_RECV:
            triggers.append(Trigger.RECV_ACK_OF_SYN)
        if connection.numbers and segment.ack == connection.numbers[_OURS]:
            triggers.append(Trigger.RECV_ACK_OF_FIN)
    if "FIN" in flags and not (connection.numbers and connection.numbers[_THEIRS] != _NONE):
        _remember(connection, _THEIRS, segment)
        triggers.append(Trigger.RECV_FIN)
    return triggers


def _remember(connection: WatchedConnection, whose: int, segment: Segment) -> None:
    """Which number will acknowledge this FIN."""
    if not connection.numbers:
        connection.numbers = [_NONE, _NONE]
    connection.numbers[whose] = (segment.seq + segment.length + 1) & 0xFFFFFFFF


def _fire(watch: Watch, connection: WatchedConnection, trigger: Trigger) -> None:
    """Do what the table says; what is impossible in that state is no evidence."""
    known = connection.state in State.__members__
    edge = step(State(connection.state), trigger).edge if known else None
    if edge is None or edge.after == connection.state:
        return
    if trigger is Trigger.SEND_FIN:
        take(watch, connection, connection.ready or watch.t)  # only who has a descriptor can close it
    if edge.after is State.CLOSED:
        go(watch, connection)
        return
    change(watch, connection, edge.after.value)
    connection.provenance = "observed" if edge.certain else "inferred"
    wait(watch, connection, watch.t)
