"""One visitor's app: a process of its own, what it draws goes to the browser, what is typed there to it.

The process speaks as Textual's web driver does (`textual.drivers.web_driver`): packets of a type, a length
and a payload. What is done with packets is `textual_serve`'s; how the process is started and ended is ours:
no shell, a bounded end, and why it ended is the visitor's to read, not the operator's.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from sockviz.lessons.text import Text
from sockviz.serve import words

Close = Callable[[str | Text], Awaitable[None]]
"""Closes the browser's connection, and says why: what the app said last, or words of ours."""

GRACE: Final = 3.0
"""Seconds to end in order; a lab takes a tenth of one."""
FRAMES: Final = "30"
"""A second, at the most: many share this machine."""
_PRELUDE: Final = b"__GANGLION__\n"
_BEFORE: Final = 10
"""Lines that may come before that."""
_TOLD: Final = 4096
"""Bytes of standard error that are kept, the last ones."""
_OF_THE_TERMINAL: Final = (
    "NO_COLOR",
    "LINES",
    "TEXTUAL",
    "TEXTUAL_LOG",
    "TEXTUAL_PRESS",
    "TEXTUAL_SCREENSHOT",
)
"""Variables that speak of the operator's terminal, not of the visitor's."""


class VisitorService(AppService):
    """The process of one visitor."""

    def __init__(
        self,
        served: Sequence[str],
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Close,
        downloads: DownloadManager,
    ) -> None:
        """A visitor's app.

        Args:
            served: what is shown, as `sockviz` takes it.
            write_bytes: Writes to the browser's screen.
            write_str: Tells the browser something.
            close: Ends the browser's connection.
            downloads: Files on their way to browsers.
        """
        super().__init__(
            "",
            write_bytes=write_bytes,
            write_str=write_str,
            close=self._leave,
            download_manager=downloads,
        )
        self._served = served
        self._close = close
        self._told = b""

    async def _leave(self) -> None:
        """The app says that it ends, before it does: why, is known then (see `run`)."""

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        environment = self._build_environment(width, height) | {
            "TEXTUAL_DRIVER": "sockviz.serve.driver:BrowserDriver",
            "TEXTUAL_FPS": FRAMES,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        for name in _OF_THE_TERMINAL:
            environment.pop(name, None)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "sockviz.serve.visitor", str(os.getpid()), *self._served),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment,
            start_new_session=True,
        )
        self._stdin = self._process.stdin
        return self._process

    async def stop(self) -> None:
        """End the process, in order if it can. The engine ends with it, and with the engine the lab."""
        task, self._task = self._task, None
        if task is None:
            return
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        await self.send_meta({"type": "quit"})
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done():
            self._kill()
        await task

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def run(self) -> None:
        """Pass on what the process draws until it ends; then close the browser's connection and say why."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("`start` opens it, with pipes")
        telling = asyncio.create_task(self._listen(process.stderr))
        try:
            with contextlib.suppress(asyncio.IncompleteReadError):
                await self._prelude(process.stdout)
                while True:
                    await self._pass_on(process.stdout)
        finally:
            process.stdin.close()
            status = await process.wait()
            await telling
        with contextlib.suppress(ConnectionError):
            await self._close(words.LEFT if status == 0 else self._reason())

    @staticmethod
    async def _prelude(stdout: asyncio.StreamReader) -> None:
        """Until the driver begins to speak.

        Raises:
            IncompleteReadError: it does not.
        """
        for _ in range(_BEFORE):
            if await stdout.readuntil() == _PRELUDE:
                return
        raise asyncio.IncompleteReadError(b"", None)

    async def _pass_on(self, stdout: asyncio.StreamReader) -> None:
        """One packet; if the browser is gone, to nobody: who draws must not be stuck because nobody reads.

        Raises:
            IncompleteReadError: there is none any more.
        """
        kind = await stdout.readexactly(1)
        payload = await stdout.readexactly(int.from_bytes(await stdout.readexactly(4), "big"))
        with contextlib.suppress(ConnectionError):
            match kind:
                case b"D":
                    await self.on_data(payload)
                case b"M":
                    await self.on_meta(payload)
                case b"P":
                    await self.on_packed(payload)

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(_TOLD):
            self._told = (self._told + data)[-_TOLD:]

    def _reason(self) -> str | Text:
        """What it said last."""
        lines = self._told.decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("sockviz: ") if lines else words.ENDED
