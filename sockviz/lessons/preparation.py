"""How a lab is brought to where a lesson is: its beginning, and what the steps before did. Pure."""

from collections.abc import Callable, Container, Iterator
from functools import partial
from typing import Final

from sockviz.lessons.actions import Open, Sysctl, Wait
from sockviz.lessons.facts import Listening
from sockviz.lessons.performance import Look, Performance
from sockviz.lessons.performer import Task
from sockviz.lessons.schema import Lesson

STARTING_TIMEOUT: Final = 10_000_000_000
"""ns; how long the lab may take to be ready."""


def preparation(
    lesson: Lesson, count: int, unlike: Container[str], begin: Callable[[int], None]
) -> Iterator[Task]:
    """What the first `count` steps did, from the lab's beginning on.

    Args:
        lesson: whose steps.
        count: how many of them.
        unlike: ids of steps whose expectations are not waited for: this kernel does something else.
        begin: called when a step begins, with its index.
    """
    setup = lesson.setup
    for name, value in setup.sysctls.server.items():
        yield Task(Sysctl(sysctl=name, value=value), STARTING_TIMEOUT)
    for name, value in setup.sysctls.client.items():
        yield Task(Sysctl(sysctl=name, value=value, host="client"), STARTING_TIMEOUT)
    if setup.listening and not setup.engine().listen:
        yield Task(Open(open="listener"), STARTING_TIMEOUT)
    if setup.listening:
        yield Task(Wait(wait=(Listening(listener="server", state="LISTEN"),)), STARTING_TIMEOUT)
    for index, step in enumerate(lesson.step[:count]):
        yield Task(_Beginning(partial(begin, index)), STARTING_TIMEOUT)
        for action in step.do:
            yield Task(action, step.timeout.ns)
        if step.id not in unlike:
            yield Task(Wait(wait=step.expect), step.timeout.ns)


class _Beginning:
    """Between two steps."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin

    def endures(self) -> bool:
        """Nothing is asked of anybody."""
        return False

    def perform(self, look: Look) -> Performance:  # noqa: ARG002 - as all actions
        """Nothing to be seen."""
        self._begin()
        yield from ()
