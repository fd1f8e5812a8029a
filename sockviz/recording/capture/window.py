"""A file seen through a window that moves over it: what is read stays bounded, whatever the file's length."""

from collections.abc import Callable
from typing import BinaryIO, Final, TypeAlias

CHUNK: Final = 1 << 20
"""Bytes read at a time."""

Progress: TypeAlias = Callable[[float], None]
"""Is told, now and then, which part of the file has been read: 0.0 to 1.0. An exception ends the reading."""


class Damaged(Exception):  # noqa: N818 - it ends what can be read; it is not the program's error
    """From here on the file can't be read; the message is a clause that goes on from its name."""

    def __init__(self, message: str, packets: int) -> None:
        """`packets`: how many were read before."""
        super().__init__(message)
        self.packets = packets


class Window:
    """`data` is a piece of the file, which begins at byte `base` of it."""

    def __init__(self, file: BinaryIO, size: int, progress: Progress) -> None:
        """`size`: the file's length as far as known, for `progress`."""
        self.data = b""
        self.base = 0
        self._file = file
        self._size = size
        self._progress = progress

    def more(self, at: int) -> bool:
        """Forget `data` before `at`, and read on; False: the file has no more, `data` is all that is left.

        Raises:
            OSError: the disk fails, or the like.
        """
        chunk = self._file.read(CHUNK)
        self.base += at
        self.data = self.data[at:] + chunk
        if chunk:
            self._progress(min(1.0, (self.base + len(self.data)) / max(self._size, 1)))
        return bool(chunk)
