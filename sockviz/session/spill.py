"""Keeps bytes that may be wanted again: packed, in memory while they are few, then in a file without a name.

The file is gone with the process, whatever ends it. Where there is no room for a file memory has to do.
"""

import tempfile
import weakref
import zlib
from array import array
from typing import IO, Final

ROOM: Final = 32 << 20
"""Packed bytes that are kept in memory."""
_LEVEL: Final = 1
"""JSON lines get ten times smaller, at 100 MB/s."""


class Spill:
    """A list of byte strings that takes little memory, however long it gets."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._kept: dict[int, bytes] = {}
        self._file: IO[bytes] | None = None
        self._places = array("q")
        """Where each one begins in the file; -1: it is in memory."""
        self._sizes = array("q")
        self._end = 0

    def put(self, data: bytes) -> int:
        """Keep `data`; returns its number."""
        packed = zlib.compress(data, _LEVEL)
        number = len(self._places)
        if self._room < len(packed) and self._write(packed):
            self._places.append(self._end)
            self._end += len(packed)
        else:
            self._room -= len(packed)
            self._kept[number] = packed
            self._places.append(-1)
        self._sizes.append(len(packed))
        return number

    def get(self, number: int) -> bytes:
        """What was put as `number`."""
        packed = self._kept.get(number)
        if packed is None:
            assert self._file is not None  # noqa: S101 - it has a place there
            self._file.seek(self._places[number])
            packed = self._file.read(self._sizes[number])
        return zlib.decompress(packed)

    def _write(self, packed: bytes) -> bool:
        """Append to the file; False: there is no room for it, now and from now on."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as this object
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            while packed:
                packed = packed[self._file.write(packed) :]
        except OSError:
            self._room = 1 << 62
            return False
        return True
