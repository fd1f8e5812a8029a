"""Orders to programs: given without waiting for what may block; a refusal of one is told to the operator."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from sockviz.engine.ground import EndedError, RefusedError, Sink
from sockviz.engine.tasks import Tasks
from sockviz.errors import UserError, exhausted
from sockviz.events import CallReturned, RequestRefused
from sockviz.intents import Call
from sockviz.programs.host import ProgramHandle
from sockviz.sources.clock import Clock


def order(program: ProgramHandle, **call: Any) -> asyncio.Future[CallReturned]:
    """Have a program make a call (the fields of `intents.Call`); what it returned. Need not be awaited."""
    return program.call(Call(host=program.host, pid=program.pid, **call))


class Orders:
    """What is under way on behalf of the operator."""

    def __init__(self, clock: Clock, emit: Sink) -> None:
        self._clock = clock
        self._emit = emit
        self._tasks = Tasks()

    def start(self, request: str, work: Awaitable[object]) -> None:
        """Have this done without waiting for it; that it was refused is told as an answer to `request`."""
        self._tasks.start(self._do(request, work))

    def refuse(self, request: str, reason: str) -> None:
        """Tell that `request` could not be done, as a sentence."""
        sentence = reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else ".")
        self._emit(RequestRefused(t=self._clock.now(), request=request, reason=sentence))

    async def close(self) -> None:
        """Wait for nothing any more."""
        await self._tasks.close()

    async def _do(self, request: str, work: Awaitable[object]) -> None:
        try:
            await work
        except EndedError:
            pass  # the operator is told of the program's end
        except (RefusedError, UserError) as refusal:
            self.refuse(request, str(refusal))
        except OSError as error:
            if (shortage := exhausted(error)) is None:
                raise
            self.refuse(request, f"{shortage.message} ({shortage.hint})")
