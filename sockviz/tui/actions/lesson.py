"""What the learner can do in a lesson; of no use elsewhere. Pure.

Some keys mean something else on the stage: in a lesson, and as long as it is not free play, these come first.
"""

from sockviz.tui.actions.action import Action, Controls, Group, Situation
from sockviz.tui.actions.teaching import labels, no_lesson, unless_can

MOST_ANSWERS = 5


def answer(number: int) -> Action:
    """The action that predicts answer `number`, from 1."""

    def absent(situation: Situation) -> str | None:
        lesson = situation.lesson
        if lesson is None or "answer" not in lesson.verbs or number <= lesson.answers:
            return None
        return unless_can("forward")(situation)

    def run(_: Situation, do: Controls) -> None:
        do.desk.learn("answer", number - 1)

    return Action(
        id=f"lesson-answer-{number}", keys=(str(number),), group=Group.LESSON, label="predict",
        help="Predict: this answer is the one that will come true.",
        face=lambda s: labels(s, "PREDICT", "predict"),
        run=run, unless=(no_lesson, unless_can("answer"), absent), keys_shown=f"1…{MOST_ANSWERS}",
        listed=number == 1,
    )  # fmt: skip


def forward_face(situation: Situation) -> tuple[str, str]:
    """At the end it is the next lesson."""
    lesson = situation.lesson
    name = "NEXT_LESSON" if lesson and lesson.phase == "done" and not lesson.free else "FORWARD"
    return labels(situation, name, "go on", "FORWARD")


def repeat_face(situation: Situation) -> tuple[str, str]:
    """At the end it is the whole lesson."""
    lesson = situation.lesson
    name = "AGAIN" if lesson and lesson.phase == "done" else "REPEAT"
    return labels(situation, name, "repeat the step", "REPEAT")


def play_or_return(situation: Situation, do: Controls) -> None:
    """The other of the two."""
    do.desk.learn("return" if situation.lesson and situation.lesson.free else "play freely")


def neither(situation: Situation) -> str | None:
    """It can't be played freely yet."""
    lesson = situation.lesson
    return None if lesson and lesson.free else unless_can("play freely")(situation)


ACTIONS = (
    Action(
        id="lesson-forward", keys=("enter", "space", "pagedown"), group=Group.LESSON, label="go on",
        help="Go on; at the end, to the next lesson.",
        run=lambda _, do: do.desk.learn("forward"), unless=(no_lesson, unless_can("forward")),
        face=forward_face,
    ),
    *(answer(number) for number in range(1, MOST_ANSWERS + 1)),
    Action(
        id="lesson-back", keys=("p", "pageup", "backspace"), group=Group.LESSON, label="previous step",
        help="Go back to the step before.",
        run=lambda _, do: do.desk.learn("back"), unless=(no_lesson, unless_can("back")),
        face=lambda s: labels(s, "BACK", "previous step"),
    ),
    Action(
        id="lesson-repeat", keys=("R",), group=Group.LESSON, label="repeat the step",
        help="Begin the step again, in a lab as it was then; at the end, the lesson.",
        run=lambda _, do: do.desk.learn("repeat"), unless=(no_lesson, unless_can("repeat")),
        face=repeat_face,
    ),
    Action(
        id="lesson-play", keys=("f",), group=Group.LESSON, label="what if?",
        help="Play freely with what the lesson has built; or return to the lesson.",
        run=play_or_return, unless=(no_lesson, neither),
        face=lambda s: labels(s, "RETURN" if s.lesson and s.lesson.free else "WHAT_IF", "what if?"),
    ),
)  # fmt: skip
