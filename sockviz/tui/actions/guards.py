"""Why something is not possible now: one plain sentence each, with what to do instead. Pure.

Keys stand in `backquotes`.
"""

from sockviz.tcp.states import State
from sockviz.tui.actions import target
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.teaching import taught
from sockviz.tui.render.marks import badge


def starting(situation: Situation) -> str | None:
    """Before the header arrived there is nobody to ask."""
    if situation.world.header is not None:
        return None
    if situation.watched is not None and not situation.replayed:
        return "Nothing has been read yet."
    return (
        "The recording is still being opened." if situation.replayed else "The two hosts are still starting."
    )


def recorded(situation: Situation) -> str | None:
    """Of a recording nobody is there to ask."""
    return "This is a recording: it can be looked at, not changed." if situation.replayed else None


def visiting(situation: Situation) -> str | None:
    """Who opened a link chooses nothing of the machine that it leads to; such actions are not offered."""
    return "This is for who serves it, at the machine itself." if situation.served else None


def over(situation: Situation) -> str | None:
    """After the end there is nobody to ask either."""
    if not situation.over:
        return None
    return "The run has ended: `←` and `→` still step through it, `q` quits."


def past(situation: Situation) -> str | None:
    """The past can be looked at, not changed."""
    return "This is the past: it can't be changed. `End` goes back to now." if situation.past else None


def has_guests(situation: Situation) -> bool:
    """The programs are the user's own (`sockviz run`)."""
    header = situation.world.header
    return header is not None and "programs" in header.capabilities


def guests(situation: Situation) -> str | None:
    """What the toy programs can be told to call, the user's own call themselves."""
    if not has_guests(situation):
        return None
    return "These are your own programs, which call what they want. `e` types to one of them."


SOON = (taught, recorded, over, past)
"""For what may be asked of the engine before it is ready: it is done as soon as that is."""
RUNNING = (starting, *SOON)
"""For whatever else asks something of the engine."""
TOYS_SOON = (guests, *SOON)
TOYS = (guests, *RUNNING)
"""The same, for what is asked of the toy programs."""


def cannot_hold(situation: Situation) -> str | None:
    """Only the lab's wire can be held, slowed and cut."""
    header = situation.world.header
    if header is None or "hold" in header.capabilities:
        return None
    return "The real machine's loopback can't be held or slowed: start with --source lab for that."


def cannot_flood(situation: Situation) -> str | None:
    """Addresses can be made up in the lab only."""
    header = situation.world.header
    if header is None or "flood" in header.capabilities or situation.replayed:
        return None
    return "Only the lab's own network can be flooded: start with --source lab for that."


def nothing_held(situation: Situation) -> str | None:
    """Nothing waits to be released."""
    wire = situation.world.wire
    if wire.held:
        return None
    if wire.in_flight:
        return "Nothing is held: what is on the wire is already moving."
    return "Nothing waits on the wire: `c` connects a client, and its SYN will."


def nothing_in_flight(situation: Situation) -> str | None:
    """The wire is empty."""
    return None if situation.world.wire.in_flight else "Nothing is on the wire that could be lost."


def no_packet_held(situation: Situation) -> str | None:
    """The selection is no held segment."""
    chosen = situation.selection.segment
    if chosen is None:
        return "No packet is selected: click one, or press `[` or `]`."
    flight = situation.world.wire.in_flight.get(chosen)
    if flight is None:
        return "The selected packet is not on the wire any more."
    return None if flight.due is None else "The selected packet is already moving."


def wire_cut(situation: Situation) -> str | None:
    """A cut wire neither holds nor flows."""
    return "The wire is cut: `w` mends it." if situation.world.wire.mode == "cut" else None


def no_connection(situation: Situation) -> str | None:
    """Nobody has connected yet."""
    if target.connection(situation):
        return None
    if situation.replayed:
        return "There is no connection yet at this moment: `→` goes on."
    return "There is no connection yet: press `c`."


def no_descriptor(situation: Situation) -> str | None:
    """The chosen end belongs to no program, so no program can call anything on it."""
    chosen, end = target.connection(situation), target.end(situation)
    if chosen is None or end is None or end.fd is not None:
        return None
    name, other = badge(chosen.id), "server" if end.host == "client" else "client"
    if end.host == "server" and not end.accepted:
        if chosen.id in queued(situation):
            return f"{name} is not accepted yet: no descriptor on the server. Press `a`."
        if end.state is not State.CLOSED or chosen.client.state is State.SYN_SENT:
            return f"{name} is still in its handshake: no descriptor on the server. `n` goes on."
        return f"{name} has no socket on the server. `Tab` goes to the client's end."
    return f"The {end.host} has closed {name} already: no descriptor. `Tab` goes to the {other}'s end."


def queued(situation: Situation) -> frozenset[int]:
    """The connections that wait for accept()."""
    return frozenset(id_ for one in situation.world.listeners.values() for id_ in one.accept_queue)


def busy(situation: Situation) -> str | None:
    """The thread that serves the descriptor is in another call."""
    call, end = target.end_call(situation), target.end(situation)
    if call is None or end is None:
        return None
    return f"The {end.host} is blocked in {call.name}() on fd {end.fd}: `u` interrupts it."


def not_blocked(situation: Situation) -> str | None:
    """There is no call to interrupt."""
    if target.end_call(situation) or interruptible_accept(situation):
        return None
    return f"No call of the {situation.selection.side} is blocked here. `Tab` changes the side."


def interruptible_accept(situation: Situation) -> bool:
    """The chosen side is the server, and it is blocked in accept()."""
    return situation.selection.side == "server" and target.accept_call(situation.world) is not None


def not_listening(situation: Situation) -> str | None:
    """There is no open listener."""
    chosen = target.listener(situation.world)
    if chosen is not None and chosen.state is State.LISTEN and chosen.fd is not None:
        return None
    return "The server is not listening: `o` opens the listener."


def accepting(situation: Situation) -> str | None:
    """The one thread that accepts is in accept() already."""
    if target.accept_call(situation.world) is None:
        return None
    return "The server is blocked in accept() already: it returns when a handshake is complete."


def nothing_known(situation: Situation) -> str | None:
    """There is nothing to look into."""
    if situation.selection.segment is not None or (has_guests(situation) and situation.world.programs):
        return None
    return no_connection(situation)


def no_packets(situation: Situation) -> str | None:
    """No segment was seen yet."""
    if situation.arrows:
        return None
    if situation.replayed:
        return "No packet was sent yet at this moment: `→` goes on."
    return "No packet was sent yet: press `c`."


def not_listed(situation: Situation) -> str | None:
    """What is shown was not chosen from a list."""
    return None if situation.listed else "This was not chosen from a list: only a capture has one."


def no_source(situation: Situation) -> str | None:
    """No source is shown."""
    return None if situation.sourced else "No source is on the screen: `v` shows it."
