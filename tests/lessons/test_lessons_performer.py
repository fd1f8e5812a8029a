"""When actions are carried out, and when there is rest: with hand-made times, and no clock."""

from collections.abc import Iterator

from sockviz.events import (
    CallEntered,
    Header,
    Host,
    Marked,
    SegmentDelivered,
    SegmentDropped,
    SocketsSampled,
)
from sockviz.intents import Intent, Mark
from sockviz.lessons.moment import Moment
from sockviz.lessons.performance import REST, Look, Performance, Waiting
from sockviz.lessons.performer import RESTLESS, Performer, Task
from sockviz.lessons.phrases import plain
from sockviz.lessons.stillness import QUIET, Stillness
from sockviz.world.model import InFlight, Wire, World

SECOND = 1_000_000_000


class Script:
    """An action that does what the test says."""

    def __init__(self, *steps: Intent | Waiting | str) -> None:
        self._steps = steps

    def endures(self) -> bool:
        return False

    def perform(self, look: Look) -> Performance:
        assert look() == Moment()
        yield from self._steps  # type: ignore[misc]


def performer(*scripts: Script, timeout: int = SECOND) -> Performer:
    return Performer([Task(script, timeout) for script in scripts], Moment)


def said(intents: Iterator[Intent]) -> list[str]:
    return [intent.text for intent in intents if isinstance(intent, Mark)]


def test_the_next_action_waits_for_rest() -> None:
    one = performer(Script(Mark(text="a"), Mark(text="b")), Script(Mark(text="c")))
    assert said(one.go(0, rests=True)) == ["a", "b"]
    assert said(one.go(1, rests=False)) == []
    assert not one.done
    assert said(one.go(2, rests=True)) == ["c"]
    assert not one.done
    assert said(one.go(3, rests=True)) == []
    assert one.done


def test_rest_in_the_middle_of_an_action() -> None:
    one = performer(Script(Mark(text="a"), REST, Mark(text="b")))
    assert said(one.go(0, rests=True)) == ["a"]
    assert said(one.go(1, rests=False)) == []
    assert said(one.go(2, rests=True)) == ["b"]


def test_rest_is_not_waited_for_for_ever() -> None:
    """Somewhere something is sent again all the time."""
    one = performer(Script(Mark(text="a")), Script(Mark(text="b")))
    assert said(one.go(0, rests=False)) == ["a"]
    assert said(one.go(RESTLESS, rests=False)) == []
    assert said(one.go(RESTLESS + 1, rests=False)) == ["b"]


def test_what_waits_too_long_ends_it() -> None:
    script = Script(*[Waiting(plain("something"))] * 9)
    one = performer(script, Script(Mark(text="never")))
    assert said(one.go(5 * SECOND, rests=True)) == []
    assert (one.done, one.waiting.en) == (False, "something")
    assert said(one.go(6 * SECOND, rests=True)) == []
    assert not one.done
    assert said(one.go(6 * SECOND + 1, rests=True)) == []
    assert one.done
    assert one.failed is script


def test_nothing_to_do_is_done() -> None:
    assert performer().done


def sampled(host: str, began: int, t: int) -> SocketsSampled:
    return SocketsSampled(t=t, host=host, began=began)


def still(*events: object) -> Stillness:
    stillness = Stillness()
    hosts = (Host(name="client", addresses=()), Host(name="server", addresses=()))
    stillness.note(Header(t=0, format=1, source="lab", hosts=hosts, made_by="test"))
    for event in events:
        stillness.note(event)  # type: ignore[arg-type]
    return stillness


def test_rest_needs_a_reading_of_both_tables_after_what_happened() -> None:
    t = 100
    later = t + 10 * QUIET
    assert still().rests(World(), QUIET)
    assert not still().rests(World(), QUIET - 1)
    delivered = SegmentDelivered(t=t, id=1)
    assert not still(delivered).rests(World(), later)
    assert not still(delivered, sampled("client", t + 1, t + 2)).rests(World(), later)
    assert not still(delivered, sampled("client", t + 1, t + 2), sampled("server", t, t + 3)).rests(
        World(), later
    )
    assert still(delivered, sampled("client", t + 1, t + 2), sampled("server", t + 1, t + 3)).rests(
        World(), later
    )


def test_rest_needs_a_moment_of_quiet() -> None:
    called = CallEntered(t=100, call=1, host="server", pid=1, thread="main", name="accept")
    stillness = still(called, sampled("server", 101, 102))
    assert not stillness.rests(World(), 99 + QUIET)
    assert stillness.rests(World(), 100 + QUIET)
    stillness.note(Marked(t=200, text=""))
    assert not stillness.rests(World(), 199 + QUIET)


def test_copies_of_what_is_held_do_not_disturb_the_rest() -> None:
    stillness = still(SegmentDropped(t=QUIET, id=2, cause="resent", original=1))
    assert stillness.rests(World(), QUIET)


def test_what_moves_is_no_rest_and_what_is_held_is() -> None:
    def wire(due: int | None) -> World:
        flight = InFlight(id=1, sender="client", receiver="server", segment=None, sent=0, due=due)  # type: ignore[arg-type]
        return World(wire=Wire(in_flight={1: flight}))

    assert still().rests(wire(None), QUIET)
    assert not still().rests(wire(5), QUIET)
