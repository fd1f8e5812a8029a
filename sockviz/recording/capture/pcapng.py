"""Reads the packets of a pcapng file (draft-ietf-opsawg-pcapng).

Sections of either byte order one after the other, interfaces with link types and clocks of their own, packets
in enhanced, simple and (obsolete) packet blocks; every other block is skipped.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from sockviz.recording.capture.packet import LARGEST, Packet
from sockviz.recording.capture.window import Damaged, Window

SECTION: Final = 0x0A0D0D0A
"""The type of a section's header, the same in both byte orders."""
_INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_ORDERS: Final = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}
_VERSION: Final = 1
_TIME_RESOLUTION, _TIME_OFFSET = 9, 14
_HEAD, _TAIL = 8, 4
"""Bytes of a block before its body (type, length) and after it (the length again)."""
_SECTION_HEAD: Final = 16
"""Bytes of a section's header up to its version."""
_LEAST: Final = _HEAD + _TAIL
_EMPTY_PACKET: Final = 32
"""Bytes of an enhanced packet block without a packet in it."""
_LARGEST_BLOCK: Final = 16 << 20
"""Bytes; Wireshark's limit."""
_MICROSECONDS: Final = 6
_NANOSECONDS: Final = 9


class _Interface(NamedTuple):
    """What its packets need."""

    link: int
    snap_length: int
    """0: no limit."""
    factor: int = 1_000
    divisor: int = 1
    """One unit of time is `factor / divisor` ns."""
    offset: int = 0
    """ns, added to each time."""


class _Section:
    """The structs of one byte order, and the interfaces described so far."""

    def __init__(self, order: str) -> None:
        self.interfaces: list[_Interface] = []
        self.block = Struct(order + "II").unpack_from
        self.whole = Struct(order + "IIIIIII").unpack_from
        """An enhanced packet block from its beginning on."""
        self.enhanced = Struct(order + "IIIII").unpack_from
        self.obsolete = Struct(order + "HHIIII").unpack_from
        self.interface = Struct(order + "HHI").unpack_from
        self.option = Struct(order + "HH").unpack_from
        self.u16 = Struct(order + "H").unpack_from
        self.u32 = Struct(order + "I").unpack_from
        self.i64 = Struct(order + "q").unpack_from


def packets(window: Window) -> Iterator[Packet]:
    """The packets of a file that begins with `SECTION`, all of it still to come in `window`.

    Raises:
        Damaged: the rest makes no sense.
        OSError: the disk fails, or the like.
    """
    return _Reader(window).packets()


class _Reader:
    def __init__(self, window: Window) -> None:
        self._window = window
        self._section = _Section("<")
        self._at = 0
        """Where in the window's data the next block begins."""
        self._count = 0
        self._time = 0
        """Of the last packet: a simple packet block has none of its own."""

    def packets(self) -> Iterator[Packet]:
        while self._fill(1):
            kind, body, stop = self._block()
            if kind == _ENHANCED:
                yield self._enhanced(body, stop)
                yield from self._run()
            elif kind == _SIMPLE:
                yield self._simple(body, stop)
            elif kind == _OBSOLETE:
                yield self._obsolete(body, stop)
            elif kind == _INTERFACE:
                self._section.interfaces.append(self._interface(body, stop))

    def _run(self) -> Iterator[Packet]:
        """As many enhanced packet blocks as follow in the window: most of a file, so no call is made for one.

        Stops at whatever is not as usual.
        """
        data, at, time = self._window.data, self._at, self._time
        interfaces, whole, u32 = self._section.interfaces, self._section.whole, self._section.u32
        last = len(data) - _EMPTY_PACKET
        while at <= last:
            kind, size, number, high, low, kept, original = whole(data, at)
            stop = at + size
            if kind != _ENHANCED or kept > size - _EMPTY_PACKET or size % 4 or kept > LARGEST:
                break
            if stop > len(data) or u32(data, stop - _TAIL)[0] != size or number >= len(interfaces):
                break
            link, _, factor, divisor, offset = interfaces[number]
            time = (high << 32 | low) * factor // divisor + offset
            self._count += 1
            yield time, link, data[at + 28 : at + 28 + kept], original
            at = stop
        self._at, self._time = at, time

    def _fill(self, size: int) -> bool:
        """Have `size` bytes of the next block in the window, if the file has them."""
        window = self._window
        while len(window.data) < self._at + size:
            more = window.more(self._at)
            self._at = 0
            if not more:
                return False
        return True

    def _block(self) -> tuple[int, int, int]:
        """The next block's type, and where its body begins and ends; `_at` moves on to the one after it."""
        self._need(_LEAST)
        kind, size = self._section.block(self._window.data, self._at)
        if kind == SECTION:
            self._begin_section()
            _, size = self._section.block(self._window.data, self._at)
        if size % 4 or not _LEAST <= size <= _LARGEST_BLOCK:
            raise self._damage(f"has a block of {size:,} bytes")
        self._need(size)
        at, stop = self._at, self._at + size - _TAIL
        if self._section.u32(self._window.data, stop)[0] != size:
            raise self._damage("has a block that ends with another length than it begins with")
        self._at = stop + _TAIL
        return kind, at + _HEAD, stop

    def _begin_section(self) -> None:
        self._need(_SECTION_HEAD)
        order = _ORDERS.get(self._window.data[self._at + _HEAD : self._at + _HEAD + 4])
        if order is None:
            raise self._damage("has a section of no known byte order")
        self._section = _Section(order)
        self._time = 0
        (version,) = self._section.u16(self._window.data, self._at + _HEAD + 4)
        if version != _VERSION:
            raise self._damage(f"has a section of version {version}, which is not known here")

    def _need(self, size: int) -> None:
        if not self._fill(size):
            end = self._window.base + len(self._window.data)
            raise Damaged(f"is cut off after packet {self._count:,}, at byte {end:,}", self._count)

    def _damage(self, what: str, at: int | None = None) -> Damaged:
        where = self._window.base + (self._at if at is None else at)
        return Damaged(f"is damaged: after packet {self._count:,}, at byte {where:,}, it {what}", self._count)

    def _interface(self, body: int, stop: int) -> _Interface:
        if body + 8 > stop:
            raise self._damage("describes an interface in too few bytes", body)
        link, _, snap_length = self._section.interface(self._window.data, body)
        factor, divisor, offset = _scale(_MICROSECONDS), 1, 0
        for code, at, size in self._options(body + 8, stop):
            if code == _TIME_RESOLUTION and size:
                factor, divisor = _resolution(self._window.data[at])
            elif code == _TIME_OFFSET and size == 8:  # noqa: PLR2004 - 64 bits
                offset = self._section.i64(self._window.data, at)[0] * 1_000_000_000
        return _Interface(link, snap_length, factor, divisor, offset)

    def _options(self, at: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Code, place and size of each option; what follows a malformed one is left out."""
        while at + 4 <= stop:
            code, size = self._section.option(self._window.data, at)
            at += 4
            if not code or at + size > stop:
                return
            yield code, at, size
            at += -(-size // 4) * 4

    def _enhanced(self, body: int, stop: int) -> Packet:
        if body + 20 > stop:
            raise self._damage("has a packet in too few bytes", body)
        number, high, low, size, original = self._section.enhanced(self._window.data, body)
        return self._packet(number, high << 32 | low, range(body + 20, stop), size, original)

    def _obsolete(self, body: int, stop: int) -> Packet:
        if body + 20 > stop:
            raise self._damage("has a packet in too few bytes", body)
        number, _, high, low, size, original = self._section.obsolete(self._window.data, body)
        return self._packet(number, high << 32 | low, range(body + 20, stop), size, original)

    def _simple(self, body: int, stop: int) -> Packet:
        """Of the first interface, and without a time."""
        if body + 4 > stop:
            raise self._damage("has a packet in too few bytes", body)
        (original,) = self._section.u32(self._window.data, body)
        kept = min(original, stop - body - 4)
        if self._section.interfaces and self._section.interfaces[0].snap_length:
            kept = min(kept, self._section.interfaces[0].snap_length)
        return self._packet(0, None, range(body + 4, stop), kept, original)

    def _packet(self, number: int, ticks: int | None, room: range, size: int, original: int) -> Packet:
        interfaces = self._section.interfaces
        if number >= len(interfaces):
            raise self._damage(
                f"has a packet of interface {number:,}, which it does not describe", room.start
            )
        if size > min(len(room), LARGEST):
            raise self._damage(f"has a packet that says that it has {size:,} bytes", room.start)
        interface = interfaces[number]
        if ticks is not None:
            self._time = ticks * interface.factor // interface.divisor + interface.offset
        self._count += 1
        return self._time, interface.link, self._window.data[room.start : room.start + size], original


def _resolution(value: int) -> tuple[int, int]:
    """`if_tsresol` → factor and divisor: a power of 2 if its highest bit is set, else one of 10."""
    power = value & 0x7F
    if value & 0x80:
        return 1_000_000_000, 1 << power
    return _scale(power), 10 ** max(power - _NANOSECONDS, 0)


def _scale(power: int) -> int:
    """How many ns there are in 10**-power s, or 1 if that is less than one."""
    return int(10 ** max(_NANOSECONDS - power, 0))
