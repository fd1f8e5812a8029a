"""`sockviz watch`: listeners that run already, on the screen or (`watching_headless`) without one."""

from sockviz.arguments_watch import Watch
from sockviz.errors import UserError
from sockviz.recording.writer import Writer
from sockviz.session.run import Run


def watch(request: Watch) -> int:
    """Watch; returns the exit status.

    Raises:
        UserError: nobody listens there, or something is not permitted.
    """
    if not request.headless:
        raise UserError("listeners are watched with --headless so far", "add --headless", "usage")
    from sockviz import watching_headless  # noqa: PLC0415 - the screen needs none of it

    run = Run.start(request.plan, Writer(request.record) if request.record else None)
    try:
        return watching_headless.play(run)
    finally:
        run.kill()
