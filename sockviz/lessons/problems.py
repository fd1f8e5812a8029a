"""What is said when a kernel does something else than a lesson expects. Pure."""

from collections.abc import Sequence

from sockviz.lessons.facts import unmet
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import kind_of
from sockviz.lessons.performer import Performer
from sockviz.lessons.scene import Problem
from sockviz.lessons.schema import Choice, Step
from sockviz.lessons.witness import Witness


def failure(performer: Performer, witness: Witness) -> Problem:
    """An action could not be carried out."""
    expected = f"{performer.failed or performer.current}: {performer.waiting}"
    return Problem(expected, witness.refused or _on_the_wire(witness.moment()))


def _on_the_wire(moment: Moment) -> str:
    flights = moment.world.wire.in_flight.values()
    there = [f"{kind_of(one.segment)} of connection {one.connection}" for one in flights]
    return f"on the wire: {', '.join(there) or 'nothing'}"


def undecided(step: Step, true: Sequence[int], moment: Moment) -> list[Problem]:
    """A question of which not just one choice came true; none, if it is well."""
    choices: Sequence[Choice] = step.ask.choices if step.ask is not None else ()
    if not choices or len(true) == 1:
        return []
    expected = "exactly one choice comes true"
    if true:
        return [Problem(expected, f"choices {' and '.join(str(index + 1) for index in true)} did")]
    problems = [Problem(expected, "none did")]
    for number, choice in enumerate(choices, 1):
        problems += [
            Problem(f"choice {number}: {one.expected}", one.had) for one in unmet(choice.if_, moment)
        ]
    return problems


def unexplained(step: Step, true: int) -> list[Problem]:
    """Choices that are wrong on this kernel, and do not say why."""
    choices: Sequence[Choice] = step.ask.choices if step.ask is not None else ()
    return [
        Problem(f"choice {index + 1} says why it is wrong", "nothing, but another one came true")
        for index, choice in enumerate(choices)
        if index != true and choice.wrong is None
    ]
