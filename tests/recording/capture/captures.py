"""Makes capture files of every kind, by the book and not by the code under test."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
START = 1_700_000_000_123_456_000
"""ns since the epoch."""
MS = 1_000_000

Made = tuple[int, bytes, int]
"""Time in ns since the epoch, what is kept of the packet, its length."""


def ip(*, back: bool = False, port: int = 40000, six: bool = False, length: int = 0, **tcp: object) -> Packet:
    """A segment from 10.0.0.2 (fd00::2), `port`, to port 80 of 10.0.0.1 (fd00::1); `back`: the other way."""
    here, there = ("fd00::2", "fd00::1") if six else ("10.0.0.2", "10.0.0.1")
    ports = {"sport": port, "dport": 80}
    if back:
        here, there, ports = there, here, {"sport": 80, "dport": port}
    network = IPv6(src=here, dst=there) if six else IP(src=here, dst=there)
    return network / TCP(**ports, **{"flags": "A", "window": 64240, **tcp}) / Raw(b"x" * length)


_TCP = struct.Struct("!HHIIBBHHH").pack
_FLAGS = {name: 1 << bit for bit, name in enumerate("FSRPA")}


def plain(back: bool, port: int, flags: str, numbers: tuple[int, int], length: int = 0) -> bytes:
    """As `ip` (`numbers`: seq, ack), without checksums, and a hundred times as fast."""
    hosts = [bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1])]
    ports = [port, 80]
    if back:
        hosts.reverse()
        ports.reverse()
    network = struct.pack("!BBHHHBBH", 0x45, 0, 40 + length, 0, 0, 64, 6, 0) + b"".join(hosts)
    return network + _TCP(*ports, *numbers, 0x50, sum(map(_FLAGS.get, flags)), 64240, 0, 0) + bytes(length)


def ether(packet: Packet) -> bytes:
    return bytes(Ether(**MAC) / packet)


def life(port: int = 40000, *, isn: int = 100, six: bool = False) -> list[bytes]:
    """A connection from its SYN to its last ACK, as IP packets: 5 bytes there, 7 back."""

    def one(back: bool, flags: str, seq: int, ack: int, length: int = 0) -> bytes:
        mine, theirs = (isn, isn + 1000) if not back else (isn + 1000, isn)
        numbers = {"seq": mine + seq, "ack": theirs + ack if flags != "S" else 0}
        return bytes(ip(back=back, port=port, six=six, flags=flags, length=length, **numbers))

    return [
        one(False, "S", 0, 0),
        one(True, "SA", 0, 1),
        one(False, "A", 1, 1),
        one(False, "PA", 1, 1, 5),
        one(True, "A", 1, 6),
        one(True, "PA", 1, 6, 7),
        one(False, "A", 6, 8),
        one(False, "FA", 6, 8),
        one(True, "FA", 8, 7),
        one(False, "A", 7, 9),
    ]


def timed(frames: Iterable[bytes], *, start: int = START, step: int = MS) -> list[Made]:
    return [(start + number * step, frame, len(frame)) for number, frame in enumerate(frames)]


def pcap(
    made: Iterable[Made], *, link: int = 101, order: str = "<", nano: bool = False, snap: int = 262_144
) -> bytes:
    """A file in the classic format."""
    magic, unit = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    records = (
        struct.pack(order + "IIII", t // 10**9, t % 10**9 // unit, len(frame), length) + frame
        for t, frame, length in made
    )
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link) + b"".join(records)


@dataclass(frozen=True)
class Ng:
    """Blocks of pcapng in one byte order."""

    order: str = "<"

    def block(self, kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(self.order + "I", len(body) + 12)
        return struct.pack(self.order + "I", kind) + size + body + size

    def options(self, *several: tuple[int, bytes]) -> bytes:
        made = b"".join(
            struct.pack(self.order + "HH", code, len(value)) + value + bytes(-len(value) % 4)
            for code, value in several
        )
        return made + bytes(4) if made else b""

    def section(self, *, version: int = 1) -> bytes:
        head = struct.pack(self.order + "IHHq", 0x1A2B3C4D, version, 0, -1)
        return self.block(0x0A0D0D0A, head + self.options((1, b"a comment")))

    def interface(
        self, link: int = 101, *, snap: int = 0, resolution: int | None = None, offset: int | None = None
    ) -> bytes:
        options = [(2, b"eth0")]
        if resolution is not None:
            options.append((9, bytes([resolution])))
        if offset is not None:
            options.append((14, struct.pack(self.order + "q", offset)))
        return self.block(1, struct.pack(self.order + "HHI", link, 0, snap) + self.options(*options))

    def enhanced(self, frame: bytes, ticks: int, *, number: int = 0, length: int | None = None) -> bytes:
        length = len(frame) if length is None else length
        head = struct.pack(self.order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), length)
        return self.block(6, head + frame + bytes(-len(frame) % 4) + self.options((1, b"seen")))

    def simple(self, frame: bytes, length: int | None = None) -> bytes:
        length = len(frame) if length is None else length
        return self.block(3, struct.pack(self.order + "I", length) + frame)

    def obsolete(self, frame: bytes, ticks: int, *, number: int = 0) -> bytes:
        head = struct.pack(
            self.order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)
        )
        return self.block(2, head + frame)

    def file(self, made: Iterable[Made], *, link: int = 101, resolution: int = 9) -> bytes:
        packets = b"".join(self.enhanced(frame, t, length=length) for t, frame, length in made)
        return self.section() + self.interface(link, resolution=resolution) + packets


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
