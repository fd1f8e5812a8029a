"""Plays a lesson: events and time in, intents and `Restart` out; what to show in between is a `Scene`. Pure.

    SAY ─forward─▶ ASK ─answer─▶ DO ─rest─▶ EXPECT ─▶ VERDICT ─forward─▶ EXPLAIN ─forward─▶ the next step
                                                └─▶ FAILED ─forward─▶ EXPLAIN …

Phases that a step has no text for are left out. Going back, repeating a step and coming back from free play
build the lab anew and do what the steps before did, at full speed: nothing is ever undone.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from sockviz.events import AnyEvent, Header
from sockviz.intents import Intent, Setup
from sockviz.intents import Wire as WireIntent
from sockviz.lessons import points
from sockviz.lessons.actions import Mark, SetWire
from sockviz.lessons.expectation import Expectation
from sockviz.lessons.performer import Performer, Task
from sockviz.lessons.preparation import preparation
from sockviz.lessons.problems import failure, unexplained
from sockviz.lessons.scene import (
    Bookmark,
    Phase,
    Prediction,
    Problem,
    Restart,
    Scene,
    Summary,
    Verb,
    options,
    summary_of,
    text_of,
)
from sockviz.lessons.schema import Lesson, Step
from sockviz.lessons.witness import Witness
from sockviz.world.model import World

Command: TypeAlias = Intent | Restart


_WAITS: Final = frozenset({Phase.SAY, Phase.ASK, Phase.VERDICT, Phase.EXPLAIN, Phase.FAILED, Phase.DONE})
"""Phases in which the learner is waited for."""
_AFTER: Final = frozenset({Phase.EXPECT, Phase.VERDICT, Phase.EXPLAIN, Phase.FAILED})
"""Phases in which what the step does has been done."""
_ASKED: Final = frozenset({Phase.ASK, Phase.DO, Phase.EXPECT, Phase.VERDICT})
"""Phases in which the question is shown, and what was answered."""


class Runner:
    """A lesson being played.

    Use: start an engine with `setup`; hand over its events (`receive`) and the time (`tick`, ns on the
    recording's clock, many times a second), and carry out the commands that they and the verbs return.

    Args:
        lesson: what to play.
        automatic: nobody is there: forward by itself, predicting the first choice, and no delay on the wire.
        bookmark: where to go on.
    """

    def __init__(self, lesson: Lesson, *, automatic: bool = False, bookmark: Bookmark | None = None) -> None:
        self.lesson = lesson
        self.phase = Phase.STARTING
        self.problems: dict[str, tuple[Problem, ...]] = {}
        """Step → what the kernel did differently."""
        self.free = False
        """The learner plays."""
        self._stuck = False
        """Something could not be done, and nobody is there: the lesson ends here."""
        self._automatic = automatic
        self._finished = bookmark is not None and bookmark.finished
        if self._finished:
            bookmark = None  # whoever takes a lesson a second time begins anew
        self._first: dict[str, Prediction] = dict(bookmark.predictions) if bookmark else {}
        """Step → the first prediction that was made there."""
        self._attempt: Prediction | None = None
        """The prediction of this step, this time."""
        ids = [step.id for step in lesson.step]
        self._at = ids.index(bookmark.step) if bookmark and bookmark.step in ids else 0
        """The step that the lesson is at: its index."""
        self._then = Phase.SAY
        """While STARTING: the phase of that step that is to be come to."""
        self._anew = True
        """The next header is awaited; events before it are of an engine that is being ended."""
        self._reset()

    def _reset(self) -> None:
        """Another lab."""
        self._witness = Witness()
        self._t = 0
        self._begun = 0
        """So many steps have been begun to be done in this lab."""
        self._passing = self._at
        """While STARTING: the step that is being done again."""
        self._performer: Performer | None = None
        self._expectation = Expectation(self.step)

    # what a view shows

    @property
    def setup(self) -> Setup:
        """What the engine is to be started with."""
        return self.lesson.setup.engine()

    @property
    def step(self) -> Step:
        """The step that the lesson is at."""
        return self.lesson.step[self._at]

    @property
    def finished_steps(self) -> int:
        """So many steps have been gone through to their end."""
        if self.phase is Phase.DONE:
            return self._at + (0 if self._stuck else 1)
        return self._at

    @property
    def world(self) -> World:
        """The world at the newest event."""
        return self._witness.world

    @property
    def scene(self) -> Scene:
        """What is to be shown now."""
        step, phase = self.step, self.phase
        asked = step.ask if phase in _ASKED else None
        pointed = step.point_after if phase in _AFTER and step.point_after is not None else step.point
        if phase in (Phase.STARTING, Phase.DONE):
            pointed = ()
        return Scene(
            phase=phase,
            step=step,
            number=(self._passing if phase is Phase.STARTING else self._at) + 1,
            count=len(self.lesson.step),
            text=text_of(phase, step, self._attempt),
            question=asked.question if asked is not None else None,
            options=options(asked, self._attempt),
            targets=points.targets(pointed, self._witness.moment()),
            waiting=self._performer.waiting if self._performer is not None and not self._verbs() else None,
            problems=self.problems.get(step.id, ()) if phase is Phase.FAILED else (),
            free=self.free,
            verbs=self._verbs(),
        )

    def _verbs(self) -> frozenset[Verb]:
        if self.free:
            return frozenset({Verb.RETURN})
        if self.phase not in _WAITS:
            return frozenset()
        verbs = {Verb.REPEAT, Verb.PLAY_FREELY}
        if self._at or self.phase is Phase.DONE:
            verbs.add(Verb.BACK)
        if self.phase is Phase.ASK:
            verbs.add(Verb.ANSWER)
        elif self.phase is not Phase.DONE:
            verbs.add(Verb.FORWARD)
        return frozenset(verbs)

    @property
    def summary(self) -> Summary:
        """How it went so far."""
        return summary_of(self.lesson, self._first, self.problems)

    @property
    def bookmark(self) -> Bookmark:
        """What to keep, to go on later."""
        return Bookmark(step=self.step.id, predictions=dict(self._first), finished=self._finished)

    # what happens

    def receive(self, events: Sequence[AnyEvent]) -> list[Command]:
        """Take events of the engine, in order."""
        if self._anew:
            begin = next((n for n, event in enumerate(events) if isinstance(event, Header)), None)
            if begin is None:
                return []
            events, self._anew = events[begin:], False
        self._witness.receive(events)
        self._t = max(self._t, events[-1].t if events else 0)
        return self._go()

    def tick(self, t: int) -> list[Command]:
        """It is `t`; ignored until the engine that was asked for tells its time."""
        if self._anew:
            return []
        self._t = max(self._t, t)
        return self._go()

    # what the learner does; what is not among the scene's verbs does nothing

    def forward(self) -> list[Command]:
        """Go on."""
        if Verb.FORWARD not in self._verbs():
            return []
        self._forward()
        return self._go()

    def answer(self, choice: int) -> list[Command]:
        """Predict: the index of the choice."""
        ask = self.step.ask
        if Verb.ANSWER not in self._verbs() or ask is None or not 0 <= choice < len(ask.choices):
            return []
        self._answer(choice)
        return self._go()

    def back(self) -> list[Command]:
        """To the beginning of the step before; from the end, of the last one."""
        if Verb.BACK not in self._verbs():
            return []
        return self._to(self._at if self.phase is Phase.DONE else self._at - 1)

    def repeat(self) -> list[Command]:
        """To the beginning of this step; from the end, of the lesson."""
        if Verb.REPEAT not in self._verbs():
            return []
        return self._to(0 if self.phase is Phase.DONE else self._at)

    def play_freely(self) -> list[Command]:
        """Leave the lesson where it is; whatever the learner does then is no part of it."""
        self.free = self.free or Verb.PLAY_FREELY in self._verbs()
        return []

    def return_to_lesson(self) -> list[Command]:
        """Come back from free play: to where the lesson was left, in a lab as it was then."""
        if not self.free:
            return []
        self.free = False
        return self._rebuild(self._at, self.phase)

    # between steps

    def _to(self, index: int) -> list[Command]:
        """The beginning of a step; if nothing was done from there on, this lab will do."""
        if any(step.do for step in self.lesson.step[index : self._begun]):
            return self._rebuild(index, Phase.SAY)
        self._enter(index)
        return self._go()

    def _rebuild(self, index: int, then: Phase) -> list[Command]:
        self.phase, self._at, self._then, self._anew = Phase.STARTING, index, then, True
        self._reset()
        return [Restart(self.setup)]

    def _enter(self, index: int) -> None:
        """Come to the beginning of a step."""
        self._at, self._attempt = index, None
        if self.step.say is not None:
            self.phase = Phase.SAY
        elif self.step.ask is not None:
            self.phase = Phase.ASK
        else:
            self._begin()

    def _leave(self) -> None:
        """Go on to the next step."""
        if self._at + 1 < len(self.lesson.step):
            self._enter(self._at + 1)
        else:
            self.phase, self._finished = Phase.DONE, True

    def _forward(self) -> None:
        match self.phase:
            case Phase.SAY if self.step.ask is not None:
                self.phase = Phase.ASK
            case Phase.SAY:
                self._begin()
            case Phase.VERDICT | Phase.FAILED if self.step.explain is not None:
                self.phase = Phase.EXPLAIN
            case Phase.VERDICT | Phase.EXPLAIN | Phase.FAILED:
                self._leave()
            case _:
                pass

    def _answer(self, choice: int) -> None:
        self._attempt = Prediction(choice)
        self._begin()

    # within a step

    def _go(self) -> list[Command]:
        """Go on as far as possible."""
        commands: list[Command] = []
        while not self.free and not self._anew:
            before = (self.phase, self._at)
            match self.phase:
                case Phase.STARTING:
                    commands += self._start()
                case Phase.DO:
                    commands += self._do()
                case Phase.EXPECT:
                    self._expect()
                case Phase.DONE:
                    pass
                case _ if self._stuck:
                    self.phase = Phase.DONE
                case Phase.ASK if self._automatic:
                    self._answer(0)
                case _ if self._automatic:
                    self._forward()
                case _:
                    pass
            if (self.phase, self._at) == before:
                break
        return commands

    def _start(self) -> Iterator[Command]:
        """Come to where the lesson is: the lab's beginning, then what each step before does."""
        if self._performer is None:
            done = self._then in _AFTER or self._then is Phase.DONE
            tasks = preparation(self.lesson, self._at + done, self.problems, self._pass)
            self._performer = Performer(tasks, self._witness.moment)
        yield from self._performer.go(self._t, rests=self._witness.rests(self._t))
        if self._refused(self._performer):
            self._fail(self._performer)
        if not self._performer.done or self.phase is Phase.FAILED:
            return
        delay = self.lesson.setup.delay.ns
        if delay and not self._automatic and not self._world_is_delayed():
            yield WireIntent(delay=delay)
        if self._performer.failed is not None:
            self._fail(self._performer)
        elif self._then is Phase.SAY:
            self._enter(self._at)
        else:
            self.phase = self._then

    def _pass(self, index: int) -> None:
        """A step begins to be done again."""
        self._passing, self._begun = index, index + 1
        self._witness.begin()

    def _world_is_delayed(self) -> bool:
        """The lesson has set the wire's delay itself."""
        done = (action for step in self.lesson.step[: self._begun] for action in step.do)
        return any(isinstance(action, SetWire) and action.delay is not None for action in done)

    def _begin(self) -> None:
        """What the step does begins now."""
        self._witness.begin()
        self._begun, self._expectation = self._at + 1, Expectation(self.step)
        mark = Mark(mark=f"{self.lesson.id} {self._at + 1}: {self.step.id}")
        tasks = (Task(action, self.step.timeout.ns) for action in (mark, *self.step.do))
        self._performer = Performer(tasks, self._witness.moment)
        self.problems.pop(self.step.id, None)
        self.phase = Phase.DO

    def _do(self) -> Iterator[Command]:
        performer = self._performer
        if performer is None:
            return
        yield from performer.go(self._t, rests=self._witness.rests(self._t))
        if performer.failed is not None or self._refused(performer):
            self._fail(performer)
        elif performer.done:
            self.phase = Phase.EXPECT

    def _refused(self, performer: Performer) -> bool:
        """The engine refused what was asked of it, and was not meant to."""
        if self._witness.refused and performer.current is not None and performer.current.endures():
            self._witness.endure()
        return bool(self._witness.refused)

    def _expect(self) -> None:
        """Wait until what the step expects is so."""
        outcome = self._expectation.judge(self._witness.moment(), self._t)
        if outcome is None:
            return
        if outcome.problems:
            self._disappoint(outcome.problems)
        elif self._attempt is not None and outcome.choice is not None:
            self._attempt = Prediction(self._attempt.chosen, outcome.choice)
            self._first.setdefault(self.step.id, self._attempt)
            self.phase = Phase.VERDICT
            if self._automatic and (problems := unexplained(self.step, outcome.choice)):
                self._disappoint(problems)
        elif self.step.explain is not None:
            self.phase = Phase.EXPLAIN
        else:
            self._leave()

    def _disappoint(self, problems: Sequence[Problem]) -> None:
        """The kernel did something else."""
        self.problems[self.step.id] = tuple(problems)
        self.phase = Phase.FAILED

    def _fail(self, performer: Performer) -> None:
        """Something could not be done: what comes after it can't be either."""
        self._stuck = self._automatic
        self._disappoint([failure(performer, self._witness)])
