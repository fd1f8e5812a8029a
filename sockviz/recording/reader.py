"""Reads a recording, line by line: a file of any length costs the memory of one line.

What a file says is data: it is checked here, and whoever prints it takes care of what a terminal would
obey. Imports nothing but the events.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

import msgspec

from sockviz import events as vocabulary
from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.recording.versions import decoder, known

LONGEST_LINE: Final = 1 << 25
"""Bytes; the longest event is the table of very many sockets, whatever is longer is something else."""

LATEST: Final = 1 << 62
"""ns: 146 years."""

_BEGINNING = b'{"event":"header"'
_BATCH: Final = 64
_COMPRESSED: Final = {b"\x1f\x8b": "gzip -d", b"\x28\xb5": "zstd -d", b"BZ": "bzip2 -d", b"\xfd7": "xz -d"}
"""The first two bytes of a file → what unpacks it."""

_MADE_WITH = "a recording is what `sockviz --record FILE` writes; captures (pcap, pcapng) can be opened, too"

_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a line that is no event raises."""


class _Peek(msgspec.Struct):
    """As much of a first line as any version of the format has."""

    event: str = ""
    format: int = 0


def read(path: Path, notice: Callable[[str], None] = lambda _: None) -> Iterator[AnyEvent]:
    """The events of a recording in their order, read while they are asked for.

    A recording that was cut off (its run was killed, its disk full) is read up to the cut, and `notice` is
    told so in one sentence.

    Raises:
        UserError: there is no such file, it is no recording, it was made by a newer version, or a line is
        not an event (with the line's number): all events before that line have been given.
    """
    with Reader(path) as reader:
        while batch := reader.more(_BATCH):
            yield from batch
        if reader.notice:
            notice(reader.notice)


class Reader:
    """A recording that is open: its events in order with `more`, and again from any of them with `at`."""

    def __init__(self, path: Path) -> None:
        """Open `path`, and see that it is a recording that can be read.

        Raises:
            UserError: there is no such file, it is no recording, or it was made by a newer version.
        """
        self.path = path
        self.position = 0
        """Where the next event begins, bytes."""
        self.notice = ""
        """How the recording ends too early, in one sentence."""
        self._number = 0
        self._failure: UserError | None = None
        try:
            self._file = path.open("rb")
        except (OSError, ValueError) as error:
            self._fail(error)
        try:
            self.size = os.fstat(self._file.fileno()).st_size
            """Bytes, when it was opened; 0 for what is no regular file."""
            self._first = self._readline()
            self._decode = decoder(_version(self._first, path))
        except BaseException:
            self._file.close()
            raise

    @property
    def header(self) -> vocabulary.Header | None:
        """The first event, as long as nothing was read; None: the first line is no header."""
        try:
            event = self._decode(self._first)
        except _BAD:
            return None
        return event if isinstance(event, vocabulary.Header) else None

    @property
    def seekable(self) -> bool:
        """A regular file, so that `at` can go back; not a pipe."""
        return stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)

    def more(self, count: int) -> list[AnyEvent]:
        """The next `count` events; fewer where the recording ends or a line is bad.

        Raises:
            UserError: the next line is not an event, or the file can't be read.
        """
        found: list[AnyEvent] = []
        if self._failure is not None:
            raise self._failure
        while len(found) < count and not self.notice:
            line, self._first = self._first or self._readline(), b""
            if not line:
                break
            self._number += 1
            try:
                event = self._event(line)
            except UserError as error:
                self._failure = error
                if found:
                    break
                raise
            if event is None:
                self.notice = f"{self.path} is cut off in line {self._number}; everything before it is there"
                break
            self.position += len(line)
            found.append(event)
        return found

    def at(self, begin: int, end: int) -> list[AnyEvent]:
        """The events in bytes [begin, end) again; both have been a `position`.

        Raises:
            UserError: they are not there any more.
        """
        try:
            data = os.pread(self._file.fileno(), end - begin, begin)
            if len(data) == end - begin:
                return [self._decode(line) for line in data.split(b"\n") if line]
        except (OSError, *_BAD):
            pass
        raise UserError(
            f"{self.path} was changed while it was being read", "replay it again", kind="unreadable"
        )

    def close(self) -> None:
        """No more reading."""
        self._file.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _readline(self) -> bytes:
        try:
            return self._file.readline(LONGEST_LINE)
        except (OSError, ValueError) as error:
            self._fail(error)

    def _fail(self, error: OSError | ValueError) -> NoReturn:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise UserError(f"can't read {self.path}: {reason}", _MADE_WITH, kind="unreadable") from error

    def _event(self, line: bytes) -> AnyEvent | None:
        """One line's event; None: the line is the last one, and cut off.

        Raises:
            UserError: it is no event.
        """
        cut = not line.endswith(b"\n") and len(line) < LONGEST_LINE
        try:
            event = self._decode(line)
        except _BAD as error:
            if cut and self._number > 1:
                return None
            raise self._no_event(str(error)) from error
        if not 0 <= event.t < LATEST:
            raise self._no_event(f"the time {event.t} is out of range")
        return event

    def _no_event(self, reason: str) -> UserError:
        return UserError(f"{self.path}, line {self._number}: {reason}", _MADE_WITH, kind="not-a-recording")


def _version(line: bytes, path: Path) -> int:
    """See that a recording begins with `line`, and of which version of the format it is.

    Raises:
        UserError: none does, or this version can't read it.
    """
    if not line:
        raise UserError(f"{path} is empty", _MADE_WITH, kind="not-a-recording")
    try:
        peek = msgspec.json.decode(line, type=_Peek)
    except _BAD as error:
        if line.startswith(_BEGINNING) and not line.endswith(b"\n"):
            text = f"{path} is cut off within its first line: nothing was recorded"
            raise UserError(text, kind="not-a-recording") from error
        peek = _Peek()
    if peek.event != "header":
        unpack = _COMPRESSED.get(line[:2])
        hint = f"unpack it first: {unpack}" if unpack else _MADE_WITH
        raise UserError(f"{path}, line 1: this is no recording of sockviz", hint, kind="not-a-recording")
    if peek.format > vocabulary.FORMAT:
        raise UserError(
            f"{path} was made by a newer sockviz"
            f" (format {peek.format}; this one reads up to {vocabulary.FORMAT})",
            "update sockviz",
            kind="newer-format",
        )
    if not known(peek.format):
        text = f"{path}, line 1: no sockviz has ever written format {peek.format}"
        raise UserError(text, _MADE_WITH, kind="not-a-recording")
    return peek.format
