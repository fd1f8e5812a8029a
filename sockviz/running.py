"""`sockviz run`: the user's own programs in the lab, on the screen or without one.

Whether there are such programs is looked at before anything is started.
"""

from sockviz import commands
from sockviz.arguments_run import OwnPrograms
from sockviz.session.run import Run


def run(request: OwnPrograms) -> int:
    """Run them; returns the exit status: 1 if one of them failed, or no server listened.

    Raises:
        UserError: (kind `no-program`) there is no such program; the run could not start; or (on the screen)
            there is no terminal.
    """
    setup = request.plan.setup
    for command in setup.commands:
        commands.check(command.text, setup.directory, setup.environment)
    if not request.headless:
        return _on_screen(request)
    from sockviz.running_headless import play  # noqa: PLC0415 - the screen needs none of it

    started = Run.recorded(request.plan, request.record)
    try:
        return play(started)
    finally:
        started.kill()


def _on_screen(request: OwnPrograms) -> int:
    from sockviz import terminal  # noqa: PLC0415

    terminal.check()
    terminal.guard()
    from sockviz.tui import app  # noqa: PLC0415
    from sockviz.tui.programs.app import ProgramsApp  # noqa: PLC0415

    return app.run(
        ProgramsApp,
        lambda: Run.recorded(request.plan, request.record),
        theme=request.theme,
        projector=request.projector,
    )
