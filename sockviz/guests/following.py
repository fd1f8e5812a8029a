"""What strace's records mean: calls, forks, ends and signals of the programs of one trace, as events.

Calls on TCP and UDP sockets are told; others only if they really block, since programs make a great many.
Pure: records and times in, events out. It can't be led astray by what a program does, only left unsure.
"""

import re
import signal
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sockviz.events import CallEntered, CallReturned, Event, SignalReceived
from sockviz.guests import wording
from sockviz.guests.family import Family
from sockviz.guests.strace import Entered, Gone, Record, Returned, Signalled

BLOCKS: Final = 5_000_000
"""ns that a call that is not about a socket takes until it is told of: it blocks."""
_FORKS: Final = frozenset({"clone", "clone3", "fork", "vfork"})
_NEVER: Final = frozenset({"execve", *_FORKS})
"""What is not told of as a call."""
_KEPT: Final = 256
"""Records of a thread that nobody has told of yet."""
_STRANGERS: Final = 256
_INTERNET: Final = re.compile(r"AF_INET6?\b")
_FOUND: Final = frozenset({"accept", "accept4", "connect", "bind", "sendto", "recvfrom"})
"""Calls of which the addresses are told."""


@dataclass(slots=True)
class _Thread:
    pid: int
    name: str
    waiting: Entered | None = None
    """The call that it is in, if that is not told of (yet)."""
    call: int = 0
    """The number of the call that it is in, if that was told."""
    executed: bool = True


class Following:
    """The processes and threads that one strace follows."""

    def __init__(
        self,
        root: int,
        family: Family,
        emit: Callable[[Event], None],
        numbers: Iterator[int],
        whose: Callable[[int], tuple[int, int] | None] | None = None,
    ) -> None:
        """`root` is who strace attached to; `numbers` are the calls'.

        `whose` tells of a thread which process it is of, and who that one's parent is: to be given where the
        programs know themselves by other numbers than strace does, so that what clone() returns says nothing.
        """
        self._host = family.host
        self._root = root
        self._family = family
        self._emit = emit
        self._numbers = numbers
        self._whose = whose
        self._threads: dict[int, _Thread] = {root: _Thread(root, "main", executed=False)}
        self._counts: dict[int, int] = {root: 1}
        """How many threads each process has had."""
        self._strangers: dict[int, deque[tuple[Record, int]]] = {}
        """What was told of threads before who made them was."""

    def take(self, record: Record, offset: int) -> None:
        """A record; its times are `offset` ns ahead of the recording's clock."""
        thread = self._threads.get(record.thread)
        if thread is None and self._whose is not None:
            thread = self._meet(record.thread, record.t - offset, self._whose)
        if thread is None:
            self._keep(record, offset)
            return
        match record:
            case Returned():
                self._returned(thread, record, offset)
            case Entered() if thread.executed:
                self._entered(thread, record, offset)
            case Signalled() if thread.executed:
                self._emit(
                    SignalReceived(
                        t=record.t - offset,
                        host=self._host,
                        pid=thread.pid,
                        thread=thread.name,
                        signal=record.signal,
                    )
                )
            case Gone():
                self._gone(thread, record, offset)
            case _:
                pass

    def still(self, now: int, offset: int) -> None:
        """It is `now` on the recording's clock: calls that have been waiting for long are told of."""
        for thread in self._threads.values():
            if thread.waiting is not None and now - (thread.waiting.t - offset) >= BLOCKS:
                self._tell_entered(thread, thread.waiting, offset)

    @property
    def threads(self) -> dict[int, list[str]]:
        """The names of the threads of each process."""
        found: dict[int, list[str]] = {}
        for thread in self._threads.values():
            found.setdefault(thread.pid, []).append(thread.name)
        return found

    @property
    def waits(self) -> bool:
        """Some thread is in a call that `still` may have to tell of."""
        return any(thread.waiting is not None for thread in self._threads.values())

    def _meet(self, number: int, t: int, whose: Callable[[int], tuple[int, int] | None]) -> _Thread | None:
        """A thread that was not told of yet; None: it has ended already."""
        found = whose(number)
        if found is None:
            return None
        pid, parent = found
        if pid == number:
            self._add_process(pid, parent if parent in self._counts else self._root, t)
        else:
            self._add_thread(number, pid)
        return self._threads[number]

    def _add_process(self, pid: int, parent: int, t: int) -> None:
        self._counts[pid] = 1
        self._threads[pid] = _Thread(pid, "main")
        self._family.forked(t, parent, pid)

    def _add_thread(self, number: int, pid: int) -> None:
        self._counts[pid] = self._counts.get(pid, 1) + 1
        self._threads[number] = _Thread(pid, f"thread {self._counts[pid]}")

    def _keep(self, record: Record, offset: int) -> None:
        """Of a thread that is not known: strace may tell of it before its maker's clone() has returned."""
        if record.thread not in self._strangers and len(self._strangers) >= _STRANGERS:
            self._strangers.pop(next(iter(self._strangers)))
        self._strangers.setdefault(record.thread, deque(maxlen=_KEPT)).append((record, offset))

    def _entered(self, thread: _Thread, entered: Entered, offset: int) -> None:
        if entered.name in _NEVER:
            return
        thread.call, thread.waiting = 0, entered
        if _about_socket(entered):
            self._tell_entered(thread, entered, offset)

    def _returned(self, thread: _Thread, returned: Returned, offset: int) -> None:
        waiting, thread.waiting = thread.waiting, None
        call, thread.call = thread.call, 0
        if returned.name == "execve":
            thread.executed |= returned.result == 0
            return
        if not thread.executed:
            return
        if returned.name in _FORKS:
            self._forked(thread, returned, offset)
            return
        if not call:
            blocked = returned.t - returned.entered >= BLOCKS
            if not (blocked or _about_socket(returned)) or _is_nothing(returned):
                return
            begun = Entered(returned.thread, returned.entered, returned.name, returned.args)
            call = self._tell_entered(thread, waiting or begun, offset, returned)
            thread.call, thread.waiting = 0, None
        self._tell_returned(thread, returned, call, offset)

    def _tell_entered(
        self, thread: _Thread, entered: Entered, offset: int, returned: Returned | None = None
    ) -> int:
        """Tell that a call was entered; of one that is over already, with all of its arguments."""
        given = wording.arguments((returned or entered).args)
        file = wording.file(given[0]) if given and entered.name in wording.WITH_SOCKET else None
        descriptor = file.fd if file is not None else _first(entered.name, given)
        thread.call, thread.waiting = next(self._numbers), None
        self._emit(
            CallEntered(
                t=entered.t - offset,
                call=thread.call,
                host=self._host,
                pid=thread.pid,
                thread=thread.name,
                name=entered.name,
                fd=descriptor,
                args=wording.words(entered.name, given),
            )
        )
        return thread.call

    def _tell_returned(self, thread: _Thread, returned: Returned, call: int, offset: int) -> None:
        given = wording.arguments(returned.args)
        local, remote = _addresses(returned, given)
        moved = returned.name in wording.SENDING or returned.name in wording.RECEIVING
        self._emit(
            CallReturned(
                t=returned.t - offset,
                call=call,
                host=self._host,
                pid=thread.pid,
                result=-1 if returned.result is None else returned.result,
                error=returned.error,
                local=local,
                remote=remote,
                data=wording.data(returned.args) if moved and (returned.result or 0) > 0 else b"",
            )
        )

    def _forked(self, thread: _Thread, returned: Returned, offset: int) -> None:
        made = returned.result
        if made is None or made <= 0 or made in self._threads or self._whose is not None:
            return
        if "CLONE_THREAD" in returned.args:
            self._add_thread(made, thread.pid)
        else:
            self._add_process(made, thread.pid, returned.entered - offset)
        for record, ahead in self._strangers.pop(made, ()):
            self.take(record, ahead)

    def _gone(self, thread: _Thread, gone: Gone, offset: int) -> None:
        del self._threads[gone.thread]
        if gone.thread == thread.pid:
            for number in [number for number, one in self._threads.items() if one.pid == thread.pid]:
                del self._threads[number]
            self._counts.pop(thread.pid, None)
            if gone.thread != self._root:  # the root's end its keeper tells
                self._family.ended(gone.t - offset, thread.pid, _status(gone))
        elif thread.call:
            # A thread that ended in a call: nobody is in it any more.
            t = gone.t - offset
            self._emit(
                CallReturned(t=t, call=thread.call, host=self._host, pid=thread.pid, result=-1, error="EINTR")
            )


def _status(gone: Gone) -> int | None:
    if gone.status is not None:
        return gone.status
    number = getattr(signal, gone.signal, None)
    return -int(number) if isinstance(number, signal.Signals) else None


def _about_socket(record: Entered | Returned) -> bool:
    """It is about a TCP or UDP socket, and no call that waits for several."""
    if record.name == "socket":
        return _INTERNET.match(record.args) is not None
    if record.name not in wording.WITH_SOCKET:
        return False
    file = wording.file(record.args)
    return file is not None and bool(file.protocol)


def _is_nothing(returned: Returned) -> bool:
    """A call that can't block in vain: not told of, whatever it took."""
    return returned.name in {"close", "setsockopt", "socket"} and not _about_socket(returned)


def _first(name: str, given: list[str]) -> int | None:
    """The descriptor of a call that has one first, as `epoll_wait` has."""
    if not given or not name.startswith("epoll"):
        return None
    file = wording.file(given[0])
    return file.fd if file is not None else None


def _addresses(returned: Returned, given: list[str]) -> tuple[str | None, str | None]:
    """The socket's own address and its peer's, of those calls that settle them."""
    if returned.name not in _FOUND or not given:
        return None, None
    if returned.name in {"accept", "accept4"}:
        _, local, remote = wording.ends(returned.file)
        peer = wording.peer(given[1]) if len(given) > 1 else None
        return local, remote or peer
    file = wording.file(given[0])
    if file is None:
        return None, None
    if returned.name in {"connect", "bind"}:
        named = wording.peer(given[1]) if len(given) > 1 else None
        return (file.local, named) if returned.name == "connect" else (file.local or named, None)
    return (file.local, wording.peer(", ".join(given[3:]))) if file.protocol == "udp" else (None, None)
