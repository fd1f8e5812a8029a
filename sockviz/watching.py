"""`sockviz watch`: listeners that run already, on the screen or (`watching_headless`) without one."""

from sockviz.arguments_watch import Watch
from sockviz.session.run import Run


def watch(request: Watch) -> int:
    """Watch; returns the exit status.

    Raises:
        UserError: nobody listens there, something is not permitted, or (on the screen) no terminal.
    """
    if not request.headless:
        return _on_screen(request)
    from sockviz import watching_headless  # noqa: PLC0415 - the screen needs none of it

    run = Run.recorded(request.plan, request.record)
    try:
        return watching_headless.play(run)
    finally:
        run.kill()


def _on_screen(request: Watch) -> int:
    from sockviz import terminal  # noqa: PLC0415

    terminal.check("--headless needs no terminal: it prints what is observed as JSON lines")
    terminal.guard()
    from sockviz.tui.watch import app  # noqa: PLC0415

    return app.run(
        lambda: Run.recorded(request.plan, request.record), theme=request.theme, projector=request.projector
    )
