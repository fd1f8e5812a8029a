"""Whether what a step expects has come true: all facts at one moment, just one choice. Pure."""

import msgspec

from sockviz.lessons.facts import unmet
from sockviz.lessons.moment import Moment
from sockviz.lessons.problems import undecided
from sockviz.lessons.scene import Problem
from sockviz.lessons.schema import Step


class Outcome(msgspec.Struct, frozen=True):
    """What came of a step."""

    problems: tuple[Problem, ...] = ()
    """What was not so in time; none: all came true."""
    choice: int | None = None
    """The choice that came true, if something was asked."""


class Expectation:
    """Waits for what a step expects."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._since: int | None = None
        """Since when it is waited for, ns."""
        self._holds: int | None = None
        """Since when it is so."""

    def judge(self, moment: Moment, t: int) -> Outcome | None:
        """What came of it by `t`; None: it is still to be waited for."""
        step = self._step
        self._since = t if self._since is None else self._since
        findings = unmet(step.expect, moment)
        choices = step.ask.choices if step.ask is not None else ()
        true = [index for index, choice in enumerate(choices) if not unmet(choice.if_, moment)]
        if findings or (choices and len(true) != 1):
            self._holds = None
        elif self._holds is None:
            self._holds = t
        stays = step.stays.ns if step.stays is not None else 0
        if self._holds is not None and t - self._holds >= stays:
            return Outcome(choice=true[0] if true else None)
        if t - self._since <= step.timeout.ns + stays:
            return None
        problems = [Problem(finding.expected, finding.had) for finding in findings]
        return Outcome((*problems, *undecided(step, true, moment)))
