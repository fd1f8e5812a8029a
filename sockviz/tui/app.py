"""The Textual app: themes, the session's task, signals, crashes. `screens.stage` is what is on the screen."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import ClassVar, cast

from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.worker import WorkerFailed

from sockviz.errors import UserError
from sockviz.session.session import Session
from sockviz.tui.screens.stage import StageScreen
from sockviz.tui.themes import THEMES

CRASHED = 1
SIGNALLED = 128


def _actions() -> type[Provider]:
    """The palette is imported when it is opened."""
    from sockviz.tui.screens.palette import Actions  # noqa: PLC0415

    return Actions


class SockvizApp(App[None], inherit_bindings=False):
    """Shows one session."""

    TITLE = "sockviz"
    CSS_PATH = "screens/furniture.tcss"
    """Here, because Textual does not load the default screen's own."""
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_actions}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,ctrl+q", "quit", show=False, priority=True)]

    def __init__(self, session: Session, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """`clock`: the session's, too."""
        # Textual honours NO_COLOR with greys; without any colour only if they are to be the terminal's own.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.session = session
        self.crash: Exception | None = None
        self.stage = StageScreen(session, clock)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def get_default_screen(self) -> StageScreen:
        """The stage."""
        return self.stage

    def on_ready(self) -> None:
        """The first frame is there: listen to the engine, which has been getting ready meanwhile."""
        self.run_worker(self._run_session())

    async def _run_session(self) -> None:
        """Until the run ends; a run that never began takes the screen with it."""
        try:
            await self.session.run()
        except UserError:
            if not self.session.ready:
                self.exit()
        if self.session.expired:
            self.exit()

    # A crash prints one line (see `run`), not Textual's traceback with all our variables.

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            error = cast("Exception", error.error)
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Nothing more to say."""


def run(session: Session) -> int:
    """Show `session` until it or the operator ends it; returns the exit status.

    Raises:
        UserError: the run could not start, or its engine died.
    """
    status = asyncio.run(_run(session))
    if session.failure is not None:
        raise session.failure
    return status


async def _run(session: Session) -> int:
    app = SockvizApp(session)
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        app.exit()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    try:
        await app.run_async()
    finally:
        await session.close()
    if app.crash is not None:
        print(fault(app.crash), file=sys.stderr)  # noqa: T201  the terminal is ours again
        return CRASHED
    return SIGNALLED + received[0] if received else 0


def fault(error: Exception) -> str:
    """A fault of ours in one line, with the place to report."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(error).split())
    return f"sockviz: a fault in sockviz itself: {type(error).__name__}: {text}{place} (please report it)"
