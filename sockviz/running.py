"""`sockviz run`: the user's own programs in the lab, on the screen or without one.

Whether there are such programs is looked at before anything is started.
"""

import shutil

from msgspec.structs import replace

from sockviz import commands
from sockviz.arguments_run import OwnPrograms


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
        from sockviz import onscreen  # noqa: PLC0415 - each imports its own

        return onscreen.show(_sized(request))
    from sockviz.running_headless import play  # noqa: PLC0415
    from sockviz.session.run import Run  # noqa: PLC0415

    started = Run.recorded(request.plan, request.record)
    try:
        return play(started)
    finally:
        started.kill()


def _sized(request: OwnPrograms) -> OwnPrograms:
    """With terminals as large as they will be on the screen."""
    from sockviz.tui.programs.at_first import terminals  # noqa: PLC0415 - only on the screen

    setup = request.plan.setup
    columns, rows = shutil.get_terminal_size()
    setup = replace(setup, terminals=terminals(setup.commands, columns, rows, large=request.projector))
    return replace(request, plan=replace(request.plan, setup=setup))
