"""A packet's layers, for a closer look: asks another process, so that neither scapy nor its cost is here.

Owns that process: starts it at the first question, starts it again if it is gone, ends it with `close`.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from typing import Final

import msgspec

from sockviz.tcp.link import ETHERNET

ANSWER_WITHIN: Final = 10.0
"""Seconds; the first answer needs scapy to be loaded, about a quarter of a second."""
_CACHED: Final = 256
_LINE_LIMIT: Final = 1 << 20


class Field(msgspec.Struct, frozen=True, array_like=True):
    """One field of a header."""

    name: str
    """As the protocol's programmers call it: `seq`, `dport`."""
    value: str
    """For people; printable characters only."""
    explanation: str = ""
    """A sentence, where there is one."""


class Layer(msgspec.Struct, frozen=True):
    """One header, or the payload."""

    name: str
    fields: tuple[Field, ...]


_LAYERS: Final = msgspec.json.Decoder(tuple[Layer, ...])


class Dissector:
    """Answers for one event loop; questions may overlap."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()
        self._known: dict[tuple[bytes, int], tuple[Layer, ...]] = {}
        self._asking: set[asyncio.Task[tuple[Layer, ...]]] = set()

    async def dissect(self, frame: bytes, link: int = ETHERNET) -> tuple[Layer, ...]:
        """The layers of a frame (`Segment.frame`, `.link`), outermost first; empty: they can't be had now.

        A caller that is cancelled leaves the question to be answered, so that answers never change places.
        """
        if (frame, link) in self._known:
            return self._known[frame, link]
        task = asyncio.create_task(self._ask(frame, link))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the process; nothing happens if there is none."""
        for task in tuple(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._end()

    async def _ask(self, frame: bytes, link: int) -> tuple[Layer, ...]:
        async with self._one_at_a_time:
            for _ in range(2):  # the process may have been killed since the last question
                try:
                    async with asyncio.timeout(ANSWER_WITHIN):
                        layers = await self._exchange(frame, link)
                except (OSError, ValueError, msgspec.DecodeError):
                    await self._end()
                else:
                    self._keep((frame, link), layers)
                    return layers
        return ()

    def _keep(self, question: tuple[bytes, int], layers: tuple[Layer, ...]) -> None:
        self._known[question] = layers
        while len(self._known) > _CACHED:
            del self._known[next(iter(self._known))]

    async def _exchange(self, frame: bytes, link: int) -> tuple[Layer, ...]:
        """One line there, one line back; an empty line (the process ended) is no JSON."""
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        process.stdin.write(f"{frame.hex()} {link}\n".encode())
        await process.stdin.drain()
        return _LAYERS.decode(await process.stdout.readline())

    async def _start(self) -> Process:
        """In a session of its own: a Ctrl-C in the terminal is not for it. It ends with its input."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sockviz.sources.dissect",
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,
            limit=_LINE_LIMIT,
        )

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
