"""The Textual app: themes, the run's task, signals, crashes. `screens.stage` is what is on the screen.

The first frame waits for Textual only. The rest is imported behind it, while the engine gets ready.
"""

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast, runtime_checkable

from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.worker import WorkerFailed

from sockviz.errors import UserError, exhausted
from sockviz.process import is_job
from sockviz.tui.density import Density
from sockviz.tui.keys import KeysInTurn
from sockviz.tui.screens.start import StartScreen
from sockviz.tui.textual_themes import DEFAULT, THEMES, textual_name, theme_name
from sockviz.tui.translation import translated

if TYPE_CHECKING:
    from sockviz.lessons.text import Language
    from sockviz.session.session import Session
    from sockviz.session.shown import Shown
    from sockviz.session.source import Source
    from sockviz.tui.screens.stage import StageScreen

CRASHED = 1
LAST_EVENTS = 1.0
"""Seconds, at most, until all is recorded that an engine told before it ended."""
SIGNALLED = 128
GARBAGE = (10_000, 20, 20)
"""When to look for garbage, as in `gc.set_threshold`."""


def _actions() -> type[Provider]:
    """The palette is imported when it is opened."""
    from sockviz.tui.screens.palette import Actions  # noqa: PLC0415

    return Actions


def _keep_all() -> None:
    """What has been made so far stays: to look through it for garbage takes as long as two frames.

    And what a frame makes is mostly gone with it, without being looked for.
    """
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    gc.enable()


class Ending(Protocol):
    """What is shown, as far as the app has to end it (`session.source.Source`)."""

    @property
    def failure(self) -> UserError | None:
        """Why it ended, if not in order."""

    @property
    def recording_failure(self) -> UserError | None:
        """Why its recording stopped before it did."""

    async def close(self) -> None:
        """End in order, within a bounded time."""

    def kill(self) -> None:
        """Leave nothing behind, from anywhere."""


@runtime_checkable
class Interruptible(Protocol):
    """A screen whose keyboard is somebody else's."""

    def interrupt(self) -> None:
        """Ctrl-C was pressed."""


class SockvizApp(KeysInTurn, inherit_bindings=False):
    """Shows one run."""

    TITLE = "sockviz"
    STARTING: ClassVar[str] = "starting two kernel hosts and the wire between them …"
    """Is said until the run has begun."""
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_actions}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c,ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False),
    ]

    def __init__(
        self,
        start: "Callable[[], Source]",
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        starting: str = "",
        theme: str | None = None,
        projector: bool = False,
        language: "Language" = "en",
    ) -> None:
        """A run's app.

        Args:
            start: Starts the run.
            clock: CLOCK_MONOTONIC, ns.
            starting: What is said meanwhile; nothing: `STARTING`.
            theme: One of `sockviz.inks.INKS`; None: what suits the mode.
            projector: Begin in projector mode.
            language: Of what is said on the stage.
        """
        # Textual honours NO_COLOR with greys; without any colour only if they are to be the terminal's own.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._start = start
        self._clock = clock
        self._starting = starting or self.STARTING
        self.language = language
        """Of what is said on the stage."""
        self.carried: Ending | None = None
        self.session: Session | None = None
        """Of the run; both are there from the second frame on."""
        self.crash: Exception | None = None
        self._carrying: set[asyncio.Task[None]] = set()
        """Runs whose events come in."""
        self.lessons_wanted = False
        """When it has ended, the course is to be shown."""
        for known in THEMES:
            self.register_theme(known)
        self.theme = textual_name(theme or ("projector" if projector else DEFAULT))
        self._density = Density.LARGE if projector else Density.NORMAL

    def get_default_screen(self) -> StartScreen:
        """Something to begin with."""
        return StartScreen(translated(self._starting, self.language))

    async def on_ready(self) -> None:
        """The first frame is there."""
        await self.begin()
        _keep_all()

    async def begin(self) -> None:
        """Start the engine."""
        await self.show(self._start())

    async def show(self, source: "Source", leave: Callable[[], None] | None = None) -> None:
        """Bring the stage, and listen; `leave`: goes back to where `source` was chosen."""
        self.carried = source
        from sockviz.session.session import Session  # noqa: PLC0415  not needed for the first frame

        self.session = Session(source, clock=self._clock)
        await self.push_screen(self._stage(self.session, leave))
        _keep_all()
        self.run_worker(self._carry(self.session))

    def _stage(self, session: "Session", leave: Callable[[], None] | None) -> "StageScreen":
        """The screen that shows it."""
        from sockviz.tui.screens.stage import StageScreen  # noqa: PLC0415  not needed for the first frame

        return StageScreen(session, self._clock, self._density, leave, self.language)

    async def action_quit(self) -> None:
        """Ctrl+C; while it is a program's keyboard, it is that program's."""
        if isinstance(self.screen, Interruptible):
            self.screen.interrupt()
        else:
            await super().action_quit()

    def action_suspend_process(self) -> None:
        """Ctrl+Z, where there is a shell that would bring it back."""
        if is_job():
            super().action_suspend_process()

    async def _carry(self, shown: "Shown[Any]") -> None:
        """Until the run ends; a run that never began takes the screen with it.

        The screen may be left before: what happens while the run ends is recorded, but not drawn.
        """
        carrying = asyncio.create_task(shown.run())
        self._carrying.add(carrying)
        try:
            await asyncio.shield(carrying)
        except UserError:
            if not shown.ready:
                self.exit()
        except asyncio.CancelledError:
            shown.on_change = lambda: None
            if shown.recorded:
                carrying.cancel()
            raise
        if shown.expired:
            self.exit()

    async def end(self) -> None:
        """End what is shown in order; the screen has been left."""
        if self.carried is not None:
            await self.carried.close()
        if self._carrying:
            await asyncio.wait(self._carrying, timeout=LAST_EVENTS)

    def on_lessons_wanted(self) -> None:
        """The run ends first."""
        self.lessons_wanted = True
        self.exit()

    # A crash prints one line (see `run`), not Textual's traceback with all our variables.

    def _handle_exception(self, error: Exception) -> None:
        if isinstance(error, WorkerFailed):
            error = cast("Exception", error.error)
        if not self._exit:  # else it comes of leaving in the middle of something, as of a screen being built
            self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Nothing more to say."""


def run(
    kind: type[SockvizApp],
    start: "Callable[[], Source]",
    *,
    starting: str = "",
    theme: str | None = None,
    projector: bool = False,
    language: "Language" = "en",
) -> int:
    """Show the run that `start` starts until it or the operator ends it; returns the exit status.

    Raises:
        UserError: the run could not start, its engine died, or a recording was changed meanwhile.
    """
    made = kind(start, starting=starting, theme=theme, projector=projector, language=language)
    return run_app(made)


def run_app(app: SockvizApp) -> int:
    """Show `app` until it ends; returns the exit status.

    Raises:
        UserError: what it shows could not start, ended badly, or could not be recorded to its end.
    """
    try:
        status = asyncio.run(_run(app))
    finally:
        if app.carried is not None:
            app.carried.kill()
    if app.carried is not None and app.carried.failure is not None:
        raise app.carried.failure
    if app.lessons_wanted:
        status = _teach(app)
    if app.carried is not None and app.carried.recording_failure is not None:
        raise app.carried.recording_failure
    return status


def _teach(app: SockvizApp) -> int:
    """Show the course, in the colours that were chosen, and the same language."""
    from sockviz.lessons import progress  # noqa: PLC0415
    from sockviz.tui import lessons  # noqa: PLC0415

    return lessons.run(None, progress.default_path(), app.language, theme=theme_name(app.theme))


async def _run(app: SockvizApp) -> int:
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
        await app.end()
    if isinstance(app.crash, UserError):
        raise app.crash
    if app.crash is not None and (shortage := exhausted(app.crash)):
        raise shortage
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
