"""Requests that are under way: a future for each, by its number."""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """Futures of the running loop that nobody needs to await."""

    def __init__(self) -> None:
        self._futures: dict[int, asyncio.Future[T]] = {}

    def open(self, request: int) -> asyncio.Future[T]:
        """A future for the answer to `request`."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_looked_at)
        self._futures[request] = future
        return future

    def resolve(self, request: int, answer: T) -> None:
        """The answer came. Of a request that is not under way (given up, or never made): nothing."""
        future = self._futures.pop(request, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def fail(self, request: int, error: Exception) -> None:
        """There will be no answer."""
        future = self._futures.pop(request, None)
        if future is not None and not future.done():
            future.set_exception(error)

    def fail_all(self, error: Exception) -> None:
        """There will be no more answers."""
        for request in list(self._futures):
            self.fail(request, error)


def _looked_at(future: asyncio.Future[T]) -> None:
    """Keep asyncio from complaining of an error that nobody fetched: not everybody who asks waits."""
    if not future.cancelled():
        future.exception()
