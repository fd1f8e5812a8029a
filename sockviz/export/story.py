"""All that a run brought to light, each thing as it is known in the end: transitions, arrows, calls, queues.

A fact is reported when it is first known, and again when more is; here the last word counts. Reads all
events before it tells anything, and remembers facts, not events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sockviz.events import (
    AnyEvent,
    CallEntered,
    CallReturned,
    ListenerSampled,
    Marked,
    SegmentReleased,
    SegmentSent,
    WireChanged,
)
from sockviz.export.looks import Hold, Look, look_at
from sockviz.world.draft import Draft
from sockviz.world.fold import step
from sockviz.world.model import Arrow, Drop, Fact, Narration, SystemCall, Transition, World

_BATCH = 4096
"""Events folded into one draft."""

_WIRE = {"flow": "the wire flows", "hold": "the wire holds", "cut": "the wire is cut"}

Ends = tuple[str, str, str]
"""(host, local, remote)."""


@dataclass(slots=True)
class Story:
    """What is known in the end."""

    world: World = field(default_factory=World)
    transitions: list[Transition] = field(default_factory=list)
    """In order of time."""
    arrows: list[Arrow] = field(default_factory=list)
    """In order of sending."""
    calls: list[SystemCall] = field(default_factory=list)
    """In order of entering."""
    drops: list[Drop] = field(default_factory=list)
    """In order of time."""
    notes: list[tuple[int, str]] = field(default_factory=list)
    """(t, what the operator did)."""
    deepest: dict[tuple[str, str], int] = field(default_factory=dict)
    """Listener → the longest its accept queue was."""
    narrations: list[Narration] = field(default_factory=list)
    """In order of time."""
    looks: list[Look] = field(default_factory=list)
    """Each listener's queues whenever they changed, in order of time."""
    holds: dict[int, Hold] = field(default_factory=dict)
    """Segment → how the wire held it."""


def tell(events: Iterable[AnyEvent]) -> Story:
    """Fold all events and keep what came of them."""
    teller = _Teller()
    for number, event in enumerate(events):
        teller.take(event)
        if number % _BATCH == _BATCH - 1:
            teller.turn_page()
    return teller.end()


class _Teller:
    def __init__(self) -> None:
        self._draft = Draft(World())
        self._known = 0
        self._story = Story()
        self._arrows: dict[int, Arrow] = {}
        self._transitions: dict[int, Transition] = {}
        self._of_end: dict[Ends, list[int]] = {}
        self._calls: dict[int, SystemCall] = {}
        self._looks: dict[tuple[str, str], Look] = {}
        self._count = 0

    def take(self, event: AnyEvent) -> None:
        place = None
        if isinstance(event, CallReturned):
            place = self._draft.calls.get(event.call)
        elif isinstance(event, CallEntered):
            place = (event.host, event.pid, event.thread)
        else:
            self._look(event)
        step(self._draft, event)
        if place is not None:
            self._note_call(*place)
        for fact in self._draft.facts[self._known :]:
            self._note(fact)
        if len(self._draft.facts) > self._known or isinstance(event, CallReturned | ListenerSampled):
            self._look_at_queues()
        self._known = len(self._draft.facts)

    def _look(self, event: AnyEvent) -> None:
        """Keep what no fact tells."""
        match event:
            case Marked():
                self._story.notes.append((event.t, event.text))
            case WireChanged():
                self._story.notes.append((event.t, _WIRE[event.mode]))
            case ListenerSampled():
                key = (event.host, event.local)
                self._story.deepest[key] = max(event.depth, self._story.deepest.get(key, 0))
            case SegmentSent() if event.due is None:
                if self._draft.header is not None and self._draft.header.source == "lab":
                    self._story.holds[event.id] = Hold(self._draft.delay)
            case SegmentReleased() if event.id in self._story.holds:
                self._story.holds[event.id].released = event.t
            case _:
                pass

    def _look_at_queues(self) -> None:
        for listener in self._draft.listeners():
            look = look_at(self._draft.t, listener)
            before = self._looks.get((look.host, look.local))
            if before is None or not look.same(before):
                self._looks[look.host, look.local] = look
                self._story.looks.append(look)

    def turn_page(self) -> None:
        """Begin a new draft, so that facts do not pile up."""
        self._draft, self._known = Draft(self._draft.freeze()), 0

    def end(self) -> Story:
        story = self._story
        story.world = self._draft.freeze()
        for program in story.world.programs.values():
            for call in program.calls.values():
                self._calls[call.id] = call
        story.transitions = sorted(self._transitions.values(), key=lambda transition: transition.t)
        story.arrows = list(self._arrows.values())
        story.calls = list(self._calls.values())
        return story

    def _note_call(self, host: str, pid: int, thread: str) -> None:
        program = self._draft.program(host, pid)
        call = program.calls.get(thread) if program is not None else None
        if call is not None:
            self._calls[call.id] = call

    def _note(self, fact: Fact) -> None:
        match fact:
            case Arrow():
                self._arrows[fact.id] = fact
            case Transition():
                self._note_transition(fact)
            case Drop():
                self._story.drops.append(fact)
            case Narration():
                self._story.narrations.append(fact)

    def _note_transition(self, transition: Transition) -> None:
        here = self._of_end.setdefault((transition.host, transition.local, transition.remote), [])
        self._count += 1
        if transition.corrects:
            for number in here[-transition.corrects :]:
                del self._transitions[number]
            del here[-transition.corrects :]
        elif here and _confirms(transition, self._transitions[here[-1]]):
            self._transitions[here[-1]] = transition
        else:
            self._transitions[self._count] = transition
            here.append(self._count)


def _confirms(later: Transition, earlier: Transition) -> bool:
    """It is the same transition, reported again because a sample showed it."""
    return (
        earlier.provenance is not later.provenance
        and earlier.connection == later.connection
        and (earlier.t, earlier.before, earlier.after) == (later.t, later.before, later.after)
    )
