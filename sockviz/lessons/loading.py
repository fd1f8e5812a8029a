"""Reads a lesson from TOML: either it is right in every part, or one line says where it is not and why."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath
from typing import Any, Final

import msgspec

from sockviz.errors import UserError, printable
from sockviz.lessons import hints, places
from sockviz.lessons.actions import Action, Again, MakeCall, Start
from sockviz.lessons.names import SERVER, Holder
from sockviz.lessons.places import Path
from sockviz.lessons.schema import Lesson, Step
from sockviz.lessons.words import Flaw, nearest, read

LARGEST: Final = 1_000_000
"""Bytes of a file that may be a lesson."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def load(path: FilePath, course: Sequence[str] = ()) -> Lesson:
    """The lesson in a file. `course`: the ids of those that it may build upon, in their order.

    Raises:
        UserError: it can't be read, or is no lesson (kind `lesson`); with file and line.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"can't read {path}: {error.strerror}", _HINT, "unreadable") from None
    except ValueError as error:  # a NUL in the path
        raise UserError(f"can't read {path}: {error}", _HINT, "unreadable") from None
    if len(data) > LARGEST:
        raise UserError(f"{path} is no lesson: it is larger than {LARGEST // 1000} kB", _HINT, "lesson")
    try:
        return parse(data.decode("utf-8-sig"), course)  # some editors put a mark before the text
    except UnicodeDecodeError:
        raise UserError(f"{path} is no lesson: it is not UTF-8 text", _HINT, "lesson") from None
    except LessonError as error:
        raise UserError(f"{path}:{error.line}: {error.message}", error.hint, "lesson") from None


_HINT: Final = "`sockviz lesson --list` shows those of the course"
_REFERENCE: Final = "`python -m sockviz.lessons.reference` prints all that a lesson can say"


class LessonError(Exception):
    """A text is no lesson."""

    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.message = printable(message)
        self.hint = hint


def parse(text: str, course: Sequence[str] = ()) -> Lesson:
    """The lesson that a text is; `course` as for `load`.

    Raises:
        LessonError: it is none.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at line ([0-9]+)", str(error))
        line = int(where[1]) if where else text.count("\n") + 1
        what = str(error).partition(" (at ")[0]
        raise LessonError(line, f"this is not TOML: {what}", hints.slip(text, line)) from None
    except RecursionError:
        raise LessonError(1, "this is not TOML: it is nested too deeply") from None
    try:
        lesson: Lesson = read(data, Lesson, ())
        _check(lesson)
        _check_order(lesson, course)
        return _without_again(lesson)
    except Flaw as flaw:
        path = flaw.path if flaw.key is None else (*flaw.path, flaw.key)
        line = places.line(places.lines(text), path)
        raise LessonError(
            line, f"{_where(data, flaw.path)}{flaw.message}", hints.misplaced(flaw) or _REFERENCE
        ) from None


def _where(data: dict[str, Any], path: Path) -> str:
    """`step "syn", expect 2: `; nothing for the file as a whole."""
    parts: list[str] = []
    rest = path
    if path[:1] == ("step",) and len(path) > 1:
        parts, rest = [_step(data["step"], int(path[1]))], path[2:]
    for part in rest:
        parts.append(f"{parts.pop()} {part + 1}" if isinstance(part, int) else part)
    return ", ".join(parts) + ": " if parts else ""


def _step(steps: object, number: int) -> str:
    given = steps[number] if isinstance(steps, list) else None
    name = given.get("id") if isinstance(given, dict) else None
    return f'step "{name}"' if isinstance(name, str) and _NAME.fullmatch(name) else f"step {number + 1}"


# what no single table shows


def _check(lesson: Lesson) -> None:
    _check_name(lesson.id, ("id",))
    for index, name in enumerate(lesson.prerequisites):
        _check_name(name, ("prerequisites", index))
    if lesson.id in lesson.prerequisites:
        raise Flaw(("prerequisites",), f"the lesson {lesson.id!r} would come before itself")
    seen: set[str] = set()
    for index, step in enumerate(lesson.step):
        path = ("step", index, "id")
        _check_name(step.id, path)
        if step.id in seen:
            raise Flaw(path, "there is another step with this id")
        seen.add(step.id)
    _check_programs(lesson)


def _check_order(lesson: Lesson, course: Sequence[str]) -> None:
    """What a lesson builds upon is in the course, and does not come after it."""
    for index, name in enumerate(lesson.prerequisites if course else ()):
        path = ("prerequisites", index)
        if name not in course:
            raise Flaw(path, f"there is no lesson {name!r} in the course: {nearest(name, course)}")
        if lesson.id in course and course.index(name) > course.index(lesson.id):
            raise Flaw(
                path,
                f"{name!r} comes after {lesson.id!r} in the course, so each would wait for the other",
            )


def _check_name(name: str, path: Path) -> None:
    if _NAME.fullmatch(name) is None:
        raise Flaw(path, f"small letters, digits and hyphens were expected, not {name!r}")


def _check_programs(lesson: Lesson) -> None:
    """Whoever is spoken of has been started."""
    known = {SERVER}
    for path, action in _actions(lesson):
        if isinstance(action, Start):
            if action.start in known:
                raise Flaw(path, f"there is a program {action.start!r} already")
            known.add(action.start)
    for path, action in _actions(lesson):
        names = [action.program] if isinstance(action, MakeCall) else []
        fields = (getattr(action, name) for name in action.__struct_fields__)
        names += [one.program for one in fields if isinstance(one, Holder) and one.program is not None]
        for name in names:
            if name not in known:
                raise Flaw(path, f"there is no program {name!r}: {nearest(name, known)}")


def _actions(lesson: Lesson) -> Iterator[tuple[Path, Action]]:
    for number, step in enumerate(lesson.step):
        for index, action in enumerate(step.do):
            yield ("step", number, "do", index), action


def _without_again(lesson: Lesson) -> Lesson:
    """Put in the place of each `again` what the step that it names does."""
    steps = tuple(
        msgspec.structs.replace(step, do=tuple(_Resolver(lesson).resolve(step, (step.id,))))
        for step in lesson.step
    )
    return msgspec.structs.replace(lesson, step=steps)


MOST_ACTIONS: Final = 100
"""In one step, with all that is done again: that might double with each `again`."""


class _Resolver:
    """What one step does, without any `again`."""

    def __init__(self, lesson: Lesson) -> None:
        self._steps = {step.id: (number, step) for number, step in enumerate(lesson.step)}
        self._count = 0

    def resolve(self, step: Step, within: tuple[str, ...]) -> Iterator[Action]:
        """`within`: the steps that led here, this one last."""
        for index, action in enumerate(step.do):
            path = ("step", self._steps[step.id][0], "do", index)
            self._count += 1
            if self._count > MOST_ACTIONS:
                raise Flaw(path, f"a step does at most {MOST_ACTIONS} things")
            if not isinstance(action, Again):
                yield action
                continue
            if action.again not in self._steps:
                raise Flaw(path, f"there is no step {action.again!r}: {nearest(action.again, self._steps)}")
            if action.again in within:
                raise Flaw(path, f"this goes round in a circle: {' → '.join((*within, action.again))}")
            yield from self.resolve(self._steps[action.again][1], (*within, action.again))
