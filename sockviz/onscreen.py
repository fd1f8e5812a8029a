"""A run on the screen, from the command line on.

What is wrong with the terminal or the recording is said before there is a screen. The engine is started when
all is imported that the first frame takes. Earlier it would take the processor from that on a machine that
has other work; later the lab would be waited for.
"""

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING

from sockviz import terminal
from sockviz.arguments_shown import Shown
from sockviz.lessons.text import chosen
from sockviz.session.launch import end, launch

if TYPE_CHECKING:
    from sockviz.recording.writer import Writer
    from sockviz.session.run import Run
    from sockviz.tui.app import SockvizApp


def show(
    request: Shown, otherwise: str = terminal.OTHERWISE, started: Callable[[], None] = lambda: None
) -> int:
    """Show the run until it or the operator ends it; returns the exit status.

    Args:
        request: what is to be run, and how it is to look.
        otherwise: what needs no terminal.
        started: is called when the engine has been started.

    Raises:
        UserError: there is no terminal, it can't be recorded there, the run could not start or ended badly.
    """
    terminal.check(otherwise)
    recorder = None
    if request.record is not None:
        from sockviz.recording.writer import Writer  # noqa: PLC0415  only when it is asked for

        recorder = Writer(request.record)
    terminal.guard()
    return play(request, recorder, started)


def play(request: Shown, recorder: "Writer | None" = None, started: Callable[[], None] = lambda: None) -> int:
    """Show the run on the screen that there is, as `show` does.

    Raises:
        UserError: the run could not start or ended badly.
    """
    gc.disable()  # what is imported stays; the app looks for garbage again once it is there
    from sockviz.tui import app  # noqa: PLC0415  in the guarded process

    setup = request.plan.setup
    kind = app_for(setup.source, programs=bool(setup.commands))
    engine = launch(setup)

    def start() -> "Run":
        from sockviz.session.engine import EngineLink  # noqa: PLC0415  not needed for the first frame
        from sockviz.session.run import Run  # noqa: PLC0415

        run = Run(request.plan, EngineLink(engine), recorder)
        started()
        return run

    try:
        language = chosen(request.language)
        return app.run(kind, start, theme=request.theme, projector=request.projector, language=language)
    finally:
        end(engine)


def app_for(source: str, *, programs: bool) -> "type[SockvizApp]":
    """What shows a run: `source` as `sockviz.events.Header` has it; `programs`: the user's own ones."""
    if source == "watch":
        from sockviz.tui.watch.app import WatchApp  # noqa: PLC0415  the others don't need it

        return WatchApp
    if programs:
        from sockviz.tui.programs.app import ProgramsApp  # noqa: PLC0415

        return ProgramsApp
    from sockviz.tui.app import SockvizApp  # noqa: PLC0415

    return SockvizApp
