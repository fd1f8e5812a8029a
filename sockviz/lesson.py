"""`sockviz lesson`: the check, and a lesson played by itself without a screen."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sockviz import loop
from sockviz.errors import printable
from sockviz.events import AnyEvent
from sockviz.intents import Intent
from sockviz.lessons.catalogue import find, from_file
from sockviz.lessons.runner import Command, Runner
from sockviz.lessons.scene import Phase, Problem
from sockviz.lessons.schema import Lesson, Step
from sockviz.lessons.text import Language, Text
from sockviz.recording.writer import Writer
from sockviz.session.plan import Plan
from sockviz.session.run import Run

FAILED: Final = 1
"""Exit status: something that the lesson expects was not so."""
SIGNALLED: Final = 128
"""Exit status, and the signal's number: it was ended before it was over."""


def check(path: Path) -> int:
    """See whether a file is a lesson, without running it; returns the exit status.

    Raises:
        UserError: it is none; says where and why.
    """
    lesson = from_file(path)
    questions = sum(step.ask is not None for step in lesson.step)
    told = f"{path}: lesson {lesson.id}, {_count(len(lesson.step), 'step')}, {_count(questions, 'question')}"
    sys.stdout.write(printable(told) + "\n")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def play_headless(name: str, record: Path | None, language: Language) -> int:
    """Play a lesson by itself; returns the exit status.

    It is 1 if the kernel did something else than the lesson says, 128 and the signal's number if one ended it
    before that could be seen.

    Raises:
        UserError: there is no such lesson, it is wrong, or the lab could not be had.
        BrokenPipeError: nobody reads standard output any more.
    """
    lesson = find(name)
    player = _Player(lesson, language)
    recorder = Writer(record) if record is not None else None
    run = Run.start(Plan(setup=player.runner.setup), recorder)
    try:
        outcome = loop.play(run, player)
    finally:
        run.kill()
    if outcome.failure is not None:
        raise outcome.failure
    return player.verdict(outcome.signal)


class _Player:
    """The runner, and what is told of it on standard error."""

    def __init__(self, lesson: Lesson, language: Language) -> None:
        self.runner = Runner(lesson, automatic=True)
        self._lesson = lesson
        self._language = language
        self._told = 0
        """Steps that were reported."""
        self._stopped = False
        self._say(f"{lesson.id}: {lesson.title.of(language)}")

    @property
    def done(self) -> bool:
        """The lesson is over."""
        return self._stopped or self.runner.phase is Phase.DONE

    def receive(self, events: Sequence[AnyEvent]) -> list[Intent]:
        """What the lesson does after these events."""
        return self._carried_out(self.runner.receive(events))

    def tick(self, t: int) -> list[Intent]:
        """What the lesson does because it is `t`."""
        return self._carried_out(self.runner.tick(t))

    def end(self, t: int) -> list[Intent]:  # noqa: ARG002 - a lesson has no end of its own to play
        """Leave off, unless it is over anyway."""
        self._stopped = not self.done
        return []

    def _carried_out(self, commands: Sequence[Command]) -> list[Intent]:
        done = self.runner.finished_steps
        for number, step in enumerate(self._lesson.step[self._told : done], self._told + 1):
            self._report(number, step)
        self._told = max(self._told, done)
        return [command for command in commands if isinstance(command, Intent)]

    def _report(self, number: int, step: Step) -> None:
        problems = self.runner.problems.get(step.id, ())
        self._say(f"{number:>4}  {'no' if problems else 'ok'}  {step.id}{self._answer(step)}")
        for problem in problems:
            self._say(*_told(problem, self._language))

    def _answer(self, step: Step) -> str:
        """What the kernel answered, if something was asked."""
        answers = (one for one in self.runner.summary.predictions if one.step == step.id)
        answer = next(answers, None)
        return f": {answer.true.of(self._language)}" if answer is not None else ""

    def verdict(self, signal: int) -> int:
        """Say how it went; returns the exit status. `signal`: the one that asked for the end; 0: none did."""
        problems = self.runner.problems
        for step in self._lesson.step[self._told :]:
            if step.id in problems:
                self._report(self._lesson.step.index(step) + 1, step)
        finished = self.runner.finished_steps == len(self._lesson.step)
        if not finished:
            self._say(_WORDS["stopped"].of(self._language))
        if problems:
            self._say(_WORDS["failed"].of(self._language).format(count=len(problems)))
        if problems or not (finished or signal):
            return FAILED
        return 0 if finished else SIGNALLED + signal

    def _say(self, *lines: str) -> None:
        loop.say([printable(line) for line in lines])


def _told(problem: Problem, language: Language) -> Iterator[str]:
    yield f"          {_WORDS['expected'].of(language)} {problem.expected.of(language)}"
    yield f"          {_WORDS['had'].of(language)} {problem.had.of(language)}"


_WORDS: Final = {
    "expected": Text(en="expected", zh="预期"),
    "had": Text(en="the kernel had", zh="内核实际"),
    "failed": Text(
        en="steps in which the kernel did something else than expected: {count}",
        zh="内核表现与预期不符的步骤有 {count} 个",
    ),
    "stopped": Text(en="the lesson did not come to its end", zh="课程没有走完"),
}
