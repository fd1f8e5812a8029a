"""The `sockviz` command: what is asked for, done by the module whose job it is; errors in one line, status 2.

Each command imports what it needs when it is asked for, so that none waits for another's imports.
"""

import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from sockviz import arguments
from sockviz.arguments import CheckLesson, Doctor, Export, Headless, Lesson, Lessons, Replay, Stage
from sockviz.arguments_run import OwnPrograms
from sockviz.arguments_serve import Serve
from sockviz.arguments_watch import Watch
from sockviz.errors import UserError, exhausted

if TYPE_CHECKING:
    from sockviz.lessons.text import Language

WRONG_USE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its status: 0 done, 2 wrong use or something missing."""
    exit_with(lambda: _do(arguments.parse(sys.argv[1:] if argv is None else argv)))


def exit_with(command: Callable[[], int]) -> NoReturn:
    """Do `command` and exit with its status; what the user can change is said in one line, with status 2."""
    try:
        status = command()
        _flush()
    except UserError as error:
        _complain(error)
        status = WRONG_USE
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain again when it closes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except (OSError, ImportError) as error:
        if (shortage := exhausted(error)) is None:
            raise
        _say_no_more()
        _complain(shortage)
        status = WRONG_USE
    sys.exit(status)


def _complain(error: UserError) -> None:
    """Say what is wrong, unless that was done or standard error is closed."""
    if sys.stderr is not None and not error.told:
        with contextlib.suppress(OSError):
            sys.stderr.write(error.line() + "\n")
            sys.stderr.flush()


def _say_no_more() -> None:
    """What was half made is not to tell, while it is being thrown away, what it lacks."""
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None


def _flush() -> None:
    """Have a pipe that nobody reads break here, not at exit."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _do(request: arguments.Request) -> int:  # noqa: PLR0911 - one for each command
    match request:
        case Stage():
            from sockviz import onscreen  # noqa: PLC0415 - see the module's docstring

            return onscreen.show(request)
        case Headless():
            return _headless(request)
        case OwnPrograms():
            from sockviz import running  # noqa: PLC0415 - see the module's docstring

            return running.run(request)
        case Watch():
            from sockviz import watching  # noqa: PLC0415

            return watching.watch(request)
        case Replay():
            from sockviz import replaying  # noqa: PLC0415

            return replaying.replay(request)
        case Export():
            from sockviz import exporting  # noqa: PLC0415 - see the module's docstring

            return exporting.export(request)
        case Serve():
            from sockviz import serving  # noqa: PLC0415

            return serving.serve(request)
        case Lesson() | Lessons() | CheckLesson():
            return _lesson(request)
        case Doctor():
            from sockviz import doctor  # noqa: PLC0415

            return doctor.run(as_json=request.json)


def _lesson(request: Lesson | Lessons | CheckLesson) -> int:
    from sockviz.lessons.text import chosen  # noqa: PLC0415

    match request:
        case Lessons():
            from sockviz import lesson_list  # noqa: PLC0415

            return lesson_list.print_list(chosen(request.language), as_json=request.json)
        case CheckLesson():
            from sockviz import lesson  # noqa: PLC0415

            return lesson.check(request.file)
        case Lesson(headless=True, notes=False, name=str(name)):
            from sockviz import lesson  # noqa: PLC0415

            return lesson.play_headless(name, request.record, chosen(request.language))
        case Lesson():
            return _teach(request, chosen(request.language))


def _teach(request: Lesson, language: "Language") -> int:
    """The lesson, or its notes, on the screen."""
    from sockviz import terminal  # noqa: PLC0415
    from sockviz.lessons import progress  # noqa: PLC0415
    from sockviz.lessons.catalogue import look_at  # noqa: PLC0415

    if request.name is not None:
        look_at(request.name)
    if request.notes and request.name is not None:
        if request.headless or not sys.stdout.isatty():
            from sockviz import lesson_notes  # noqa: PLC0415

            return lesson_notes.print_notes(request.name, language)
        terminal.check()
        terminal.guard()
        from sockviz.tui import notes  # noqa: PLC0415

        return notes.run(request.name, progress.default_path(), language, theme=request.theme)
    terminal.check()
    terminal.guard()
    gc.disable()  # as for the stage: what is imported stays
    from sockviz.tui import lessons  # noqa: PLC0415

    return lessons.run(
        request.name,
        progress.default_path(),
        language,
        record=request.record,
        theme=request.theme,
        projector=request.projector,
    )


def _headless(request: Headless) -> int:
    from sockviz import headless  # noqa: PLC0415
    from sockviz.session.run import Run  # noqa: PLC0415

    run = Run.recorded(request.plan, request.record)
    try:
        return headless.play(run, request.clients)
    finally:
        run.kill()
