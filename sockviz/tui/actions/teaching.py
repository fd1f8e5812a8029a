"""Why something is not possible in a lesson, and what a lesson's buttons say, in its language. Pure."""

from sockviz.tui.actions.action import Guard, Situation, Teaching

_KEYS = "12345"
_REASONS = {"back": "FIRST_STEP", "answer": "NOT_ASKED"}


def said(situation: Situation, name: str, **known: object) -> str:
    """A sentence of `sockviz.tui.lesson.words`."""
    # A stage without a lesson does not wait for what lessons are made of.
    from sockviz.tui.lesson import words  # noqa: PLC0415

    text: str = getattr(words, name).of(situation.language)
    return text.format(**known) if known else text


def hint_of(situation: Situation, lesson: Teaching) -> str:
    """What to press in this phase."""
    from sockviz.tui.lesson import words  # noqa: PLC0415

    hints = {phase.value: text for phase, text in words.HINTS.items()}
    text = hints[lesson.phase].of(situation.language) if lesson.phase in hints else ""
    return text.format(keys=keys(lesson))


def keys(lesson: Teaching) -> str:
    """Those of the answers: `1` `2` `3`."""
    return " ".join(f"`{key}`" for key in _KEYS[: lesson.answers])


def taught(situation: Situation) -> str | None:
    """The lesson does what is to be done to the run."""
    lesson = situation.lesson
    return None if lesson is None or lesson.free else said(situation, "TAUGHT")


def no_lesson(situation: Situation) -> str | None:
    """There is none."""
    return None if situation.lesson else "This is no lesson: `sockviz lesson` has them."


def unless_can(verb: str) -> Guard:
    """Say why the learner can't do this now."""

    def guard(situation: Situation) -> str | None:
        lesson = situation.lesson
        if lesson is None or verb in lesson.verbs:
            return None
        return said(situation, _reason(lesson, verb), keys=keys(lesson))

    return guard


def _reason(lesson: Teaching, verb: str) -> str:
    """The name of the sentence that says why not."""
    if lesson.free:
        return "PLAYING"
    if not lesson.verbs:
        return "BUSY"
    if verb in _REASONS:
        return _REASONS[verb]
    return "PREDICT_FIRST" if "answer" in lesson.verbs else "NO_NEXT"


def labels(situation: Situation, name: str, otherwise: str, short: str = "") -> tuple[str, str]:
    """A button's label, and a short one, in the lesson's language; without a lesson `otherwise`."""
    if situation.lesson is None:
        return otherwise, otherwise
    return said(situation, name), said(situation, short or name)
