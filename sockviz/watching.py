"""`sockviz watch`: listeners that run already, on the screen or (`watching_headless`) without one."""

from sockviz.arguments_watch import Watch
from sockviz.process import give_way

NICE = 5
"""Where others want all of the processors, this process gets a third of what one of them gets (sched(7)), and
more than its engine: who reads has to keep up with who tells."""


def watch(request: Watch) -> int:
    """Watch; returns the exit status.

    Raises:
        UserError: nobody listens there, something is not permitted, or (on the screen) no terminal.
    """
    if not request.headless:
        from sockviz import onscreen  # noqa: PLC0415 - each imports its own

        otherwise = "--headless needs no terminal: it prints what is observed as JSON lines"
        return onscreen.show(request, otherwise, _give_way)
    from sockviz import watching_headless  # noqa: PLC0415
    from sockviz.session.run import Run  # noqa: PLC0415

    run = Run.recorded(request.plan, request.record)
    _give_way()
    try:
        return watching_headless.play(run)
    finally:
        run.kill()


def _give_way() -> None:
    """The engine has been started, and gives way by itself: from now on this process does, too."""
    give_way(NICE)
