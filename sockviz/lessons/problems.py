"""What is said when a kernel does something else than a lesson expects. Pure."""

from collections.abc import Sequence

from sockviz.lessons.facts import unmet
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import kind_of, segments
from sockviz.lessons.performer import Performer
from sockviz.lessons.phrases import joined, plain, said
from sockviz.lessons.scene import Problem
from sockviz.lessons.schema import Choice, Step
from sockviz.lessons.text import Text
from sockviz.lessons.witness import Witness


def failure(performer: Performer, witness: Witness) -> Problem:
    """An action could not be carried out."""
    action = performer.failed or performer.current
    expected = said("{action}: {what}", action=action, what=performer.waiting)
    return Problem(expected, plain(witness.refused) if witness.refused else _on_the_wire(witness.moment()))


def _on_the_wire(moment: Moment) -> Text:
    flights = moment.world.wire.in_flight.values()
    there = [segments(kind_of(one.segment), one.connection, None) for one in flights]
    return said("on the wire: {segments}", segments=joined(there, "; ") if there else said("nothing"))


def undecided(step: Step, true: Sequence[int], moment: Moment) -> list[Problem]:
    """A question of which not just one choice came true; none, if it is well."""
    choices: Sequence[Choice] = step.ask.choices if step.ask is not None else ()
    if not choices or len(true) == 1:
        return []
    expected = said("exactly one choice comes true")
    if true:
        numbers = joined((plain(index + 1) for index in true), " and ")
        return [Problem(expected, said("choices {numbers} did", numbers=numbers))]
    problems = [Problem(expected, said("none did"))]
    for number, choice in enumerate(choices, 1):
        problems += [
            Problem(said("choice {number}: {rest}", number=number, rest=one.expected), one.had)
            for one in unmet(choice.if_, moment)
        ]
    return problems


def unexplained(step: Step, true: int) -> list[Problem]:
    """Choices that are wrong on this kernel, and do not say why."""
    choices: Sequence[Choice] = step.ask.choices if step.ask is not None else ()
    return [
        Problem(
            said("choice {number} says why it is wrong", number=index + 1),
            said("nothing, but another one came true"),
        )
        for index, choice in enumerate(choices)
        if index != true and choice.wrong is None
    ]
