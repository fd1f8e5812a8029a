"""`sockviz run`: the user's own programs in the lab, on the screen or without one.

Whether there are such programs is looked at before anything is started.
"""

from sockviz import commands
from sockviz.arguments_run import OwnPrograms
from sockviz.errors import UserError
from sockviz.recording.writer import Writer
from sockviz.session.run import Run


def run(request: OwnPrograms) -> int:
    """Run them; returns the exit status: 1 if one of them failed, or no server listened.

    Raises:
        UserError: (kind `no-program`) there is no such program; or the run could not start.
    """
    setup = request.plan.setup
    for command in setup.commands:
        commands.check(command.text, setup.directory, setup.environment)
    if not request.headless:
        raise UserError("your own programs are shown with --headless so far", "add --headless", "usage")
    from sockviz.running_headless import play  # noqa: PLC0415 - the screen needs none of it

    started = Run.start(request.plan, Writer(request.record) if request.record else None)
    try:
        return play(started)
    finally:
        started.kill()
