"""All listening sockets of the namespace: their queues, drops and owners, and how many connections they have.

Owns no socket. Tells what changed since it was last asked.
"""

import socket
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from sockviz.addresses import Address
from sockviz.events import ListenerGone, ListenerSampled, Owner
from sockviz.sources.watch.dump import MEMINFO, MESSAGE, Dump

_LISTEN: Final = 1 << 10
_ESTABLISHED, _SYN_RECV, _CLOSE_WAIT, _NEW_SYN_RECV = 1, 3, 8, 12
_COUNTED: Final = 1 << _ESTABLISHED | 1 << _SYN_RECV | 1 << _CLOSE_WAIT | 1 << _NEW_SYN_RECV

_MEMINFO, _SKV6ONLY = 7, 11
"""INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY."""
_DROPS: Final = 8
"""SK_MEMINFO_DROPS."""

_message = struct.Struct("=BBBB2s2s16s16sI8sIIIII").unpack_from
"""family, state, timer, retrans; sport, dport, src, dst, if, cookie; expires, rqueue, wqueue, uid, inode."""
_attribute = struct.Struct("=HH").unpack_from
_u32 = struct.Struct("=I").unpack_from
_NO_FILE: Final = bytes(4)

OwnersOf = Callable[[int], tuple[Owner, ...]]
"""An inode → who has it, as far as known."""


class Count(NamedTuple):
    """Connections of all sockets with one local address."""

    half_open: int = 0
    established: int = 0
    unaccepted: int = 0


class Listeners:
    """The listening sockets as they were last told."""

    def __init__(self, dump: Dump, host: str, owners_of: OwnersOf) -> None:
        """`host` is the name in the events."""
        self._dump = dump
        self._host = host
        self._owners_of = owners_of
        self._told: dict[int, ListenerSampled] = {}
        """Cookie → as it was told."""
        self._counts: dict[str, Count] = {}
        self._counting = False
        self._again = False

    @property
    def known(self) -> Iterable[ListenerSampled]:
        """Those that listen, as they were last told."""
        return self._told.values()

    def read(self, clock: Callable[[], int]) -> list[ListenerSampled | ListenerGone]:
        """What changed, with the time after the reading.

        Raises:
            OSError: the kernel refused.
        """
        found = [
            self._listener(data, start, end)
            for data, start, end in self._dump.read(_LISTEN, extensions=MEMINFO)
        ]
        t = clock()
        now = {one.cookie: one for one in found}
        news: list[ListenerSampled | ListenerGone] = [
            ListenerGone(t=t, host=self._host, local=one.local, cookie=cookie)
            for cookie, one in self._told.items()
            if cookie not in now
        ]
        news += [
            msgspec.structs.replace(one, t=t)
            for cookie, one in now.items()
            if self._again or self._told.get(cookie) != one
        ]
        self._told, self._again = now, False
        return news

    def tell_again(self) -> None:
        """Nothing was told yet: the next reading tells of all."""
        self._again = True

    def count(self) -> None:
        """Count the connections of all; the next `read` tells what changed.

        Raises:
            OSError: the kernel refused.
        """
        self._counting = True
        listening = {one.local.rpartition(":")[2] for one in self._told.values()}
        ports = {int(port).to_bytes(2, "big") for port in listening}
        counted: Counter[bytes] = Counter()
        for data, start, _ in self._dump.read(_COUNTED):
            if data[start + 4 : start + 6] in ports:
                # family, state; port; address; whether it belongs to a file
                free = data[start + 68 : start + 72] == _NO_FILE
                counted[data[start : start + 2] + data[start + 4 : start + 24] + bytes((free,))] += 1
        self._counts = _by_listener(counted, {one.local for one in self._told.values()})

    def stop_counting(self) -> None:
        """What was counted is not true any more."""
        self._counting, self._counts = False, {}

    def _listener(self, data: bytes, start: int, end: int) -> ListenerSampled:
        family, _, _, _, port, _, source, _, device, cookie, _, depth, limit, uid, inode = _message(
            data, start
        )
        drops, only_six = _attributes(data, start + MESSAGE, end)
        local = _local(family, source, port)
        count = self._counts.get(local, Count())
        return ListenerSampled(
            t=0,
            host=self._host,
            local=local,
            depth=depth,
            limit=limit,
            half_open=count.half_open,
            cookie=int.from_bytes(cookie, sys.byteorder),
            inode=inode,
            uid=uid,
            owners=self._owners_of(inode),
            drops=drops,
            dual=family == socket.AF_INET6 and not only_six and not any(source),
            device=device,
            established=count.established if self._counting else None,
            unaccepted=count.unaccepted if self._counting else None,
        )


def _attributes(data: bytes, at: int, end: int) -> tuple[int | None, bool]:
    """What the socket dropped, and whether it is for IPv6 alone."""
    drops, only_six = None, False
    while at + 4 <= end:
        length, kind = _attribute(data, at)
        if kind == _MEMINFO and length >= 4 + 4 * (_DROPS + 1):
            (drops,) = _u32(data, at + 4 + 4 * _DROPS)
        elif kind == _SKV6ONLY and length > 4:  # noqa: PLR2004 - the attribute's header
            only_six = bool(data[at + 4])
        at += max((length + 3) & ~3, 4)
    return drops, only_six


def _by_listener(counted: Counter[bytes], listening: set[str]) -> dict[str, Count]:
    """Each connection counts for the listener of its own address, or else for that of any address."""
    found: dict[str, Count] = {}
    for key, number in counted.items():
        family, state, port, source, free = key[0], key[1], key[2:4], key[6:22], key[22]
        local = _local(family, source, port)
        owner = next((one for one in (local, *_wildcards(local)) if one in listening), None)
        if owner is None:
            continue
        before = found.get(owner, Count())
        half_open = state in {_SYN_RECV, _NEW_SYN_RECV}
        found[owner] = Count(
            before.half_open + number * half_open,
            before.established + number * (state == _ESTABLISHED),
            before.unaccepted + number * (bool(free) and not half_open),
        )
    return found


def _wildcards(local: str) -> tuple[str, ...]:
    """The addresses that a listener for any address may have."""
    port = local.rpartition(":")[2]
    return (f"[::]:{port}",) if local.startswith("[") else (f"0.0.0.0:{port}", f"[::]:{port}")


def _local(family: int, source: bytes, port: bytes) -> str:
    size = 16 if family == socket.AF_INET6 else 4
    return str(Address(socket.inet_ntop(family, source[:size]), int.from_bytes(port, "big")))
