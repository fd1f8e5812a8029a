"""`sockviz watch`: listeners that run already, on the screen or (`watching_headless`) without one."""

from sockviz.arguments_watch import Watch
from sockviz.process import give_way
from sockviz.session.run import Run

NICE = 10
"""Where others want all of the processors, this process gets a tenth of what one of them gets (sched(7))."""


def watch(request: Watch) -> int:
    """Watch; returns the exit status.

    Raises:
        UserError: nobody listens there, something is not permitted, or (on the screen) no terminal.
    """
    if not request.headless:
        return _on_screen(request)
    from sockviz import watching_headless  # noqa: PLC0415 - the screen needs none of it

    run = _begin(request)
    try:
        return watching_headless.play(run)
    finally:
        run.kill()


def _on_screen(request: Watch) -> int:
    from sockviz import terminal  # noqa: PLC0415

    terminal.check("--headless needs no terminal: it prints what is observed as JSON lines")
    terminal.guard()
    from sockviz.tui import app  # noqa: PLC0415
    from sockviz.tui.watch.app import WatchApp  # noqa: PLC0415

    return app.run(
        WatchApp,
        lambda: _begin(request),
        theme=request.theme,
        projector=request.projector,
    )


def _begin(request: Watch) -> Run:
    """Start the engine, which gives way by itself, and from then on let others go first."""
    run = Run.recorded(request.plan, request.record)
    give_way(NICE)
    return run
