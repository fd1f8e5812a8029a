"""What to press next, in one line: for somebody who sees this for the first time. Pure.

Keys stand in `backquotes`.
"""

from collections.abc import Callable, Iterator

import msgspec

from sockviz.errors import printable
from sockviz.tcp.states import State
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.teaching import hint_of, said
from sockviz.tui.render.marks import badge
from sockviz.world.labels import label
from sockviz.world.model import Connection


class Hint(msgspec.Struct, frozen=True):
    """One line."""

    text: str
    urgent: bool = False
    """Not advice but something that changes how everything else is to be read."""


def hint(situation: Situation) -> Hint:
    """The most useful thing to say now."""
    return next(said for rule in RULES for said in rule(situation))


def _starting(situation: Situation) -> Iterator[Hint]:
    if situation.world.header is None and situation.lesson is None:
        reading = f"Reading {printable(situation.replayed)} …"
        yield Hint(reading if situation.replayed else "Starting two kernel hosts and the wire between them …")


def _replayed(situation: Situation) -> Iterator[Hint]:
    if not situation.replayed:
        return
    if situation.at_end:
        yield Hint("The end of the recording. `←` steps back, `Space` plays it again.")
    elif situation.paused:
        yield Hint("A recording. `Space` plays, `←` `→` step, `{` `}` by segment.")
    else:
        yield Hint("The recording plays. `Space` stops it, `<` `>` change its speed.")


def _ended(situation: Situation) -> Iterator[Hint]:
    if situation.over:
        yield Hint("The run has ended. `←` and `→` step through it, `q` quits.", urgent=True)


def _past(situation: Situation) -> Iterator[Hint]:
    if situation.past:
        yield Hint("You see the PAST, the run goes on. `←` `→` step, `End` goes to now.", urgent=True)


def _stopped(situation: Situation) -> Iterator[Hint]:
    if situation.paused:
        yield Hint("Paused: the screen stands, the kernel does not. `Space` goes on.", urgent=True)


def _lesson(situation: Situation) -> Iterator[Hint]:
    """What the lesson waits for. In free play it says how to return, and the stage what can be done."""
    lesson = situation.lesson
    if lesson is None or (lesson.free and not lesson.news):
        return
    if lesson.news:
        yield Hint(lesson.news)
    elif lesson.phase == "done" and lesson.following:
        yield Hint(said(situation, "NEXT_HINT"))
    else:
        yield Hint(hint_of(situation, lesson))


def _slow(situation: Situation) -> Iterator[Hint]:
    if situation.slow:
        yield Hint("Slow motion: microseconds are shown as seconds. `<` `>` change that, `End` skips to now.")


def _cut(situation: Situation) -> Iterator[Hint]:
    if situation.world.wire.mode == "cut":
        yield Hint("The wire is cut, nothing arrives: `w` mends it.")


def _empty(situation: Situation) -> Iterator[Hint]:
    world = situation.world
    if world.connections:
        return
    listener = target.listener(world)
    if listener is not None and listener.state is not State.LISTEN:
        yield Hint("The server is not listening any more. `o` opens the listener, `c` connects all the same.")
    elif world.header is not None and world.header.hidden:
        yield Hint(f"Press `c`: a client connects. ({world.header.hidden[0]})")
    else:
        yield Hint("Press `c`: a client connects.")


def _held(situation: Situation) -> Iterator[Hint]:
    flight = target.next_held(situation.world)
    if flight is not None:
        name, of = label(flight.segment), badge(flight.connection)
        if flight.retransmission and of:
            yield Hint(f"The {name} of {of}, sent once more, waits on the wire: `n` lets it go.")
        elif of:
            yield Hint(f"The {name} of {of} waits on the wire: `n` lets it go.")
        else:
            yield Hint(f"The {name} waits on the wire: `n` lets it go.")


def _queued(situation: Situation) -> Iterator[Hint]:
    waiting = sorted(guards.queued(situation))
    if waiting and target.accept_call(situation.world) is None:
        yield Hint(f"{badge(waiting[0])} is complete, and nobody has it: `a` makes the server call accept().")


def _moving(situation: Situation) -> Iterator[Hint]:
    if situation.world.wire.in_flight:
        yield Hint("A packet is on its way.")


def _open_end(situation: Situation) -> Iterator[Hint]:
    """What the chosen connection's state asks for."""
    chosen = target.connection(situation)
    if chosen is None:
        return
    ends = (chosen.client, chosen.server)
    if situation.selection.side != chosen.client.host:
        ends = ends[::-1]
    for state, advice in ADVICE:
        for end in ends:
            if end.state is state and end.fd is not None:
                tab = "" if end is ends[0] else "`Tab`, then "
                yield Hint(advice(chosen, end.host, tab))


def _again(situation: Situation) -> Iterator[Hint]:
    waiting = any(
        State.TIME_WAIT in {c.client.state, c.server.state} for c in situation.world.connections.values()
    )
    if waiting:
        yield Hint("`c` connects another client. TIME_WAIT goes by itself after a minute.")
    else:
        yield Hint("`c` connects another client.")


def _close_wait(chosen: Connection, host: str, tab: str) -> str:
    return f"{badge(chosen.id)} stays in CLOSE_WAIT until the {host}'s program closes: {tab}`x`."


def _established(chosen: Connection, host: str, tab: str) -> str:
    return f"{badge(chosen.id)} is open. As the {host}: {tab}`d` sends data, `r` receives, `x` closes."


ADVICE: tuple[tuple[State, Callable[[Connection, str, str], str]], ...] = (
    (State.CLOSE_WAIT, _close_wait),
    (State.ESTABLISHED, _established),
)

GENERAL = (_starting, _replayed, _ended, _past, _stopped, _lesson, _slow, _cut)
"""Whatever programs there are."""
RULES = (*GENERAL, _empty, _held, _queued, _moving, _open_end, _again)
"""The first that has something to say is heard; the last one always has."""
