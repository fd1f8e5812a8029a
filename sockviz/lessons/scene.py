"""What a view shows of a lesson at one moment, and what it may ask of the runner. Data only."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from sockviz.intents import Setup
from sockviz.lessons.points import Target
from sockviz.lessons.schema import Ask, Lesson, Step
from sockviz.lessons.text import Text


class Phase(StrEnum):
    """Where in a step the lesson is. In the order in which they come; any may be left out but DO."""

    STARTING = "starting"
    """The lab is being built, and brought to where the lesson is."""
    SAY = "say"
    """`say` is shown; waits for `forward`."""
    ASK = "ask"
    """The question is shown; waits for `answer`."""
    DO = "do"
    """It happens: the actions, until rest."""
    EXPECT = "expect"
    """What is expected is waited for."""
    VERDICT = "verdict"
    """The prediction is compared with what the kernel did; waits for `forward`."""
    EXPLAIN = "explain"
    """`explain` is shown; waits for `forward`."""
    FAILED = "failed"
    """The kernel did something else than the lesson expects; waits for `forward` (or `repeat`)."""
    DONE = "done"
    """There are no more steps: the summary."""


class Verb(StrEnum):
    """What the learner can do now."""

    FORWARD = "forward"
    ANSWER = "answer"
    BACK = "back"
    REPEAT = "repeat"
    PLAY_FREELY = "play freely"
    RETURN = "return"


class Prediction(msgspec.Struct, frozen=True):
    """What was predicted in a step, and what the kernel then did."""

    chosen: int
    """Index of the choice."""
    true: int | None = None
    """Index of the choice that came true; None: it is not known yet."""

    @property
    def right(self) -> bool:
        """It came true."""
        return self.chosen == self.true

    def settled(self, choices: int) -> bool:
        """The kernel has answered, and the question has (still) these many choices: a lesson may change."""
        return self.true is not None and all(0 <= one < choices for one in (self.chosen, self.true))


class Problem(msgspec.Struct, frozen=True):
    """Something that the lesson expects and the kernel did not do."""

    expected: Text
    had: Text


class Option(msgspec.Struct, frozen=True):
    """A choice, as it is to be shown."""

    text: Text
    chosen: bool = False
    true: bool | None = None
    """It came true; None: that is not known yet."""
    wrong: Text | None = None
    """Why it is not so: only where it was chosen and did not come true."""


def options(ask: Ask | None, prediction: Prediction | None) -> tuple[Option, ...]:
    """The choices of a question, as they stand."""
    made = prediction or Prediction(-1)
    return tuple(
        Option(
            text=choice.text,
            chosen=index == made.chosen,
            true=None if made.true is None else index == made.true,
            wrong=choice.wrong if index == made.chosen and made.true not in (None, index) else None,
        )
        for index, choice in enumerate(ask.choices if ask is not None else ())
    )


def text_of(phase: Phase, step: Step, prediction: Prediction | None) -> Text | None:
    """What is told in a phase of a step."""
    match phase:
        case Phase.SAY | Phase.DO | Phase.EXPECT:
            return step.say
        case Phase.EXPLAIN:
            return step.explain
        case Phase.VERDICT:
            return next((one.wrong for one in options(step.ask, prediction) if one.wrong is not None), None)
        case _:
            return None


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be shown now."""

    phase: Phase
    step: Step
    number: int
    """Of the step, from 1."""
    count: int
    text: Text | None = None
    """What is told: `say`, `explain`, or why the prediction was wrong."""
    question: Text | None = None
    """While it is asked, until the verdict."""
    options: tuple[Option, ...] = ()
    targets: tuple[Target, ...] = ()
    """What is pointed at."""
    waiting: Text | None = None
    """While it happens: what is waited for."""
    problems: tuple[Problem, ...] = ()
    free: bool = False
    """The learner plays; the lesson waits."""
    verbs: frozenset[Verb] = frozenset()
    """What may be asked of the runner now."""


class Restart(msgspec.Struct, frozen=True):
    """A command of the runner: end the engine, if there is one, and start one with this setup."""

    setup: Setup


class Answered(msgspec.Struct, frozen=True):
    """A prediction, for the summary."""

    step: str
    question: Text
    chosen: Text
    true: Text
    right: bool
    belief: Text | None
    """The misconception behind a wrong one."""


class Summary(msgspec.Struct, frozen=True):
    """How it went."""

    predictions: tuple[Answered, ...]
    """Those that were made, the first try of each step, in the lesson's order."""
    asked: int
    """How many questions the lesson has."""
    problems: Mapping[str, tuple[Problem, ...]]
    """Step → what the kernel did differently."""

    @property
    def right(self) -> int:
        """How many predictions came true."""
        return sum(one.right for one in self.predictions)


def summary_of(
    lesson: Lesson, predictions: Mapping[str, Prediction], problems: Mapping[str, tuple[Problem, ...]]
) -> Summary:
    """How it went, from the predictions by step."""
    asked = [(step, step.ask) for step in lesson.step if step.ask is not None]
    answered = []
    for step, ask in asked:
        made = predictions.get(step.id)
        if made is None or made.true is None or not made.settled(len(ask.choices)):
            continue
        chosen, true = ask.choices[made.chosen], ask.choices[made.true]
        answered.append(Answered(step.id, ask.question, chosen.text, true.text, made.right, chosen.belief))
    return Summary(tuple(answered), len(asked), dict(problems))


class Bookmark(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody left a lesson."""

    step: str
    """The step's id."""
    predictions: dict[str, Prediction] = {}
    """Step → the first prediction made there."""
    finished: bool = False
    """The lesson was gone through to its end."""
