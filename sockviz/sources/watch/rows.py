"""The rows of watched listeners' connections: which changed since the last reading, and which are gone.

What most rows cost is a comparison of bytes; only a row that changed is taken apart. Owns no socket; it does
not know which listener a row belongs to, only which local addresses are wanted.
"""

import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from sockviz.addresses import Address
from sockviz.events import RowKey, SocketRow
from sockviz.sources.sockdiag import STATES, TIMERS
from sockviz.sources.watch.dump import INFO, MESSAGE, Dump

CONNECTIONS: Final = 0x1FFE & ~(1 << 10 | 1 << 7 | 1 << 2)
"""All states but LISTEN, CLOSE and SYN_SENT, which are no listener's."""

JITTER: Final = 200
"""ms. A timer's end that moves by less is the same end: the kernel tells it in coarse ticks."""

_INFO: Final = 2
_TOTAL_RETRANS: Final = 100
"""Where `tcpi_total_retrans` is in `struct tcp_info`."""
_REARMED: Final = (1, 4)
"""Timers whose end tells something new when they are set again: retransmit, probe. Others count down, or are
set again with each segment (keepalive)."""

_first = struct.Struct("=BBBB2s2s16s16s4x8s").unpack
_last = struct.Struct("=IIII").unpack
_expires = struct.Struct("=I").unpack_from
_attribute = struct.Struct("=HH").unpack_from
_u32 = struct.Struct("=I").unpack_from

_Pair: TypeAlias = tuple[bytes, bytes]
"""An inet_diag_msg without `idiag_expires`: what is before it, and what is after it."""
Owner: TypeAlias = tuple[int | None, int | None]
OwnerOf: TypeAlias = Callable[[int], Owner]
"""An inode → (pid, fd), as far as known."""


class Reading(NamedTuple):
    """What changed."""

    changed: tuple[SocketRow, ...]
    gone: tuple[RowKey, ...]


class Rows:
    """The rows of some ports, as they were last read. Costs memory for each of them."""

    def __init__(self, dump: Dump, owner_of: OwnerOf) -> None:
        """Of no port, until `watch` says of which."""
        self._dump = dump
        self._ports: frozenset[int] = frozenset()
        self._owner_of = owner_of
        self._pairs: dict[bytes, _Pair] = {}
        """Cookie → row."""
        self._expiries: dict[bytes, int] = {}
        """Cookie → when its timer fires, ms, of timers that are worth telling."""
        self._resent: dict[bytes, int] = {}
        """Cookie → segments sent again, where there were any."""
        self._inodes: dict[int, bytes] = {}
        """Inode → cookie."""
        self._retell: set[bytes] = set()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._pairs)

    def watch(self, ports: Collection[int]) -> None:
        """From now on of connections with one of these local `ports`; the others are gone."""
        self._ports = frozenset(ports)

    @property
    def inodes(self) -> Collection[int]:
        """Of those that belong to a file."""
        return self._inodes.keys()

    def retell(self, inodes: Iterable[int]) -> None:
        """Their owners have become known: the next reading tells them again."""
        self._retell |= {self._inodes[inode] for inode in inodes if inode in self._inodes}

    def read(self, now: Callable[[], int], *, resent: bool) -> Reading:
        """Read the table; with `resent` also what each connection has sent again.

        `now`: the time on the recording's clock, ns, to tell when timers fire.

        Raises:
            OSError: the kernel refused.
        """
        before, retell = self._pairs, self._retell
        pairs: dict[bytes, _Pair] = {}
        changed: list[tuple[bytes, int]] = []
        ports = self._ports if len(self._ports) > 1 else ()
        ms = now() // 1_000_000
        if not self._ports:
            return self._told(pairs, changed)
        extensions = INFO if resent else 0
        for data, start, end in self._dump.read(CONNECTIONS, extensions=extensions, ports=self._ports):
            cookie = data[start + 44 : start + 52]
            pair = (data[start : start + 52], data[start + 56 : start + MESSAGE])
            known = before.get(cookie)
            if known == pair and cookie not in retell:
                pairs[cookie] = known
                news = data[start + 2] in _REARMED and self._rearmed(
                    cookie, ms + _expires(data, start + 52)[0]
                )
            else:
                if ports and int.from_bytes(pair[0][4:6], "big") not in ports:
                    continue  # more ports than the kernel could filter
                pairs[cookie] = pair
                news = True
            if resent and end > start + MESSAGE and self._resent_more(cookie, data, start + MESSAGE, end):
                news = True
            if news:
                changed.append((cookie, ms + _expires(data, start + 52)[0]))
        return self._told(pairs, changed)

    def _rearmed(self, cookie: bytes, expires: int) -> bool:
        known = self._expiries.get(cookie)
        return known is None or abs(known - expires) > JITTER

    def _resent_more(self, cookie: bytes, data: bytes, at: int, end: int) -> bool:
        while at + 4 <= end:
            length, kind = _attribute(data, at)
            if kind == _INFO and length >= 4 + _TOTAL_RETRANS + 4:
                (total,) = _u32(data, at + 4 + _TOTAL_RETRANS)
                if total == self._resent.get(cookie, 0):
                    return False
                self._resent[cookie] = total
                return True
            at += max((length + 3) & ~3, 4)
        return False

    def _told(self, pairs: dict[bytes, _Pair], changed: list[tuple[bytes, int]]) -> Reading:
        """Take the rows in, and tell of those that changed."""
        gone = []
        for cookie in self._pairs.keys() - pairs.keys():
            pair = self._pairs[cookie]
            gone.append(_key(pair, cookie))
            self._forget(cookie, pair)
        for cookie, _ in changed:
            self._note_inode(cookie, pairs[cookie])
        self._pairs = pairs
        self._retell.clear()
        return Reading(tuple(self._row(cookie, pairs[cookie], at) for cookie, at in changed), tuple(gone))

    def _forget(self, cookie: bytes, pair: _Pair) -> None:
        self._expiries.pop(cookie, None)
        self._resent.pop(cookie, None)
        self._drop_inode(cookie, pair)

    def _note_inode(self, cookie: bytes, pair: _Pair) -> None:
        before, inode = self._pairs.get(cookie), _inode(pair)
        if before is not None and _inode(before) != inode:
            self._drop_inode(cookie, before)
        if inode:
            self._inodes[inode] = cookie

    def _drop_inode(self, cookie: bytes, pair: _Pair) -> None:
        inode = _inode(pair)
        if inode and self._inodes.get(inode) == cookie:
            del self._inodes[inode]

    def _row(self, cookie: bytes, pair: _Pair, expires: int) -> SocketRow:
        family, state, timer, retrans, sport, dport, src, dst, _ = _first(pair[0])
        recv_queue, send_queue, _, inode = _last(pair[1])
        pid, fd = self._owner_of(inode) if inode else (None, None)
        if timer in _REARMED:
            self._expiries[cookie] = expires
        return SocketRow(
            state=STATES.get(state, str(state)),
            local=_address(family, src, sport),
            remote=_address(family, dst, dport),
            pid=pid,
            fd=fd,
            inode=inode,
            recv_queue=recv_queue,
            send_queue=send_queue,
            timer=TIMERS.get(timer),
            expires=expires * 1_000_000 if timer in TIMERS else None,
            cookie=int.from_bytes(cookie, sys.byteorder),
            retransmits=retrans,
            resent=self._resent.get(cookie, 0),
        )


def _inode(pair: _Pair) -> int:
    return int.from_bytes(pair[1][12:16], sys.byteorder)


def _key(pair: _Pair, cookie: bytes) -> RowKey:
    family, _, _, _, sport, dport, src, dst, _ = _first(pair[0])
    return RowKey(
        local=_address(family, src, sport),
        remote=_address(family, dst, dport),
        cookie=int.from_bytes(cookie, sys.byteorder),
    )


@lru_cache(maxsize=4096)
def _address(family: int, packed: bytes, port: bytes) -> str:
    """As in `sockviz.events`; a listener's own address comes again and again."""
    size = 16 if family == socket.AF_INET6 else 4
    return str(Address(socket.inet_ntop(family, packed[:size]), int.from_bytes(port, "big")))
