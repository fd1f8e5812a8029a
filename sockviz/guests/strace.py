"""What strace prints, taken apart. Pure: bytes in, records out, and no bytes that it would stumble over.

The form is that of `strace -f -ttt -T -yy -o FILE` (strace(1)): each line has the thread's number and the
time; a call that others interrupt is `unfinished`, and `resumed` later; the last line may be a call that has
not returned, as far as it is known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

LONGEST: Final = 16_384
"""Bytes of a line; what is longer is cut."""
MOST_THREADS: Final = 4096
"""Whose unfinished calls are remembered."""

_LINE: Final = re.compile(r"(\d{1,10}) +(\d{1,12})\.(\d{6}) (.*)", re.ASCII | re.DOTALL)
_CALL: Final = re.compile(r"([a-z_][a-z0-9_]{0,31})\((.*)", re.ASCII | re.DOTALL)
_RESUMED: Final = re.compile(r"<\.\.\. ([a-z_][a-z0-9_]{0,31}) resumed>(.*)", re.ASCII | re.DOTALL)
_OVER: Final = re.compile(r"(.*)\)\s+= (.*?)(?: <(\d{1,9})\.(\d{6})>)?", re.ASCII | re.DOTALL)
_RESULT: Final = re.compile(r"(-?\d{1,18}|\?)(?:<((?:->|[^<>])*)>)?(?: (E[A-Z0-9]{1,30})\b)?", re.ASCII)
_EXITED: Final = re.compile(r"\+\+\+ exited with (\d{1,3}) \+\+\+", re.ASCII)
_KILLED: Final = re.compile(r"\+\+\+ killed by (SIG[A-Z0-9+]{1,12})(?: \(core dumped\))? \+\+\+", re.ASCII)
_SIGNAL: Final = re.compile(r"--- (SIG[A-Z0-9+]{1,12}) \{.*", re.ASCII)
_UNFINISHED: Final = " <unfinished ...>"


@dataclass(frozen=True, slots=True)
class Entered:
    """A thread is in a call; its arguments as far as they were known when it was entered."""

    thread: int
    t: int
    """CLOCK_REALTIME, ns (to the µs)."""
    name: str
    args: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A call is over. It may have been `Entered` before."""

    thread: int
    entered: int
    t: int
    name: str
    args: str
    result: int | None
    """None: strace does not know."""
    error: str | None
    file: str
    """What a descriptor that was returned stands for: `TCP:[10.0.0.1:8001->10.0.0.2:44734]`."""


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal was delivered."""

    thread: int
    t: int
    signal: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A thread has ended."""

    thread: int
    t: int
    status: int | None
    """The exit status; None: by a signal."""
    signal: str = ""


Record: TypeAlias = Entered | Returned | Signalled | Gone


class Parser:
    """Takes a stream of bytes apart, wherever its pieces end."""

    def __init__(self) -> None:
        self._rest = b""
        self._told = False
        """The call that the rest begins was given by `pending`."""
        self._unfinished: dict[int, Entered] = {}

    def feed(self, data: bytes) -> Iterator[Record]:
        """The records that are complete now."""
        *lines, rest = (self._rest + data).split(b"\n")
        told, self._told = self._told and not lines, self._told and not lines
        self._rest, self._told = rest[:LONGEST], told
        for line in lines:
            record = self._record(line[:LONGEST].decode("utf-8", "replace"))
            if record is not None:
                yield record

    def pending(self) -> Entered | None:
        """The call that the last, incomplete line tells of, once: to be asked for when nothing more comes."""
        if self._told or not self._rest:
            return None
        found = _LINE.fullmatch(self._rest.decode("utf-8", "replace"))
        call = _CALL.fullmatch(found[4]) if found else None
        if found is None or call is None:
            return None
        self._told = True
        return Entered(int(found[1]), _time(found[2], found[3]), call[1], call[2])

    def _record(self, line: str) -> Record | None:
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        thread, t, text = int(found[1]), _time(found[2], found[3]), found[4]
        if text.startswith("<"):
            return self._resume(thread, t, text)
        if text.startswith(("+", "-")):
            return self._note(thread, t, text)
        return self._call(thread, t, text)

    def _resume(self, thread: int, t: int, text: str) -> Record | None:
        resumed = _RESUMED.fullmatch(text)
        begun = self._unfinished.pop(thread, None)
        if resumed is None or begun is None or begun.name != resumed[1]:
            return None
        return _returned(thread, begun.t, t, begun.name, begun.args + resumed[2])

    def _call(self, thread: int, t: int, text: str) -> Record | None:
        call = _CALL.fullmatch(text)
        if call is None:
            return None
        if call[2].endswith(_UNFINISHED):
            return self._begin(Entered(thread, t, call[1], call[2].removesuffix(_UNFINISHED)))
        return _returned(thread, t, None, call[1], call[2])

    def _begin(self, entered: Entered) -> Entered:
        if len(self._unfinished) >= MOST_THREADS:
            self._unfinished.pop(next(iter(self._unfinished)))
        self._unfinished[entered.thread] = entered
        return entered

    def _note(self, thread: int, t: int, text: str) -> Record | None:
        """A line that is about the thread rather than a call."""
        if found := _SIGNAL.match(text):
            return Signalled(thread, t, found[1])
        if found := _EXITED.match(text):
            self._unfinished.pop(thread, None)
            return Gone(thread, t, int(found[1]))
        if found := _KILLED.match(text):
            self._unfinished.pop(thread, None)
            return Gone(thread, t, None, found[1])
        return None


def _returned(thread: int, entered: int, t: int | None, name: str, text: str) -> Returned | None:
    """A call with all that was printed after its opening parenthesis; `t` None: from its duration."""
    over = _OVER.fullmatch(text)
    if over is None:
        return None
    args, told, seconds, micros = over.groups()
    result = _RESULT.match(told)
    if t is None:
        t = entered + (_time(seconds, micros) if seconds else 0)
    if result is None:  # an address in hexadecimal
        return Returned(thread, entered, t, name, args, None, None, "")
    number = None if result[1] == "?" else int(result[1])
    return Returned(thread, entered, t, name, args, number, result[3], result[2] or "")


def _time(seconds: str, micros: str) -> int:
    return int(seconds) * 1_000_000_000 + int(micros) * 1_000
