"""Short names for what is drawn: a connection, a segment, its numbers, a span of time."""

from typing import Final

from sockviz.events import Segment
from sockviz.tcp.sequence import add
from sockviz.world.model import Connection

SHAPES: Final = "●■▲◆"

_FOUR_DIGITS: Final = 999.5
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def badge(connection: int | None) -> str:
    """`●1`, `■2` …; empty for a segment of no known connection."""
    return "" if connection is None else f"{SHAPES[(connection - 1) % len(SHAPES)]}{connection}"


def label(segment: Segment) -> str:
    """`SYN`, `SYN-ACK`, `ACK`, `FIN`, `RST`, `PSH 5 B`; an ACK beside something else goes without saying.

    Of what is not TCP: `UDP 5 B`, `ICMP port unreachable`.
    """
    if segment.protocol != "tcp":
        return _of_datagram(segment)
    flags = segment.flags
    if "SYN" in flags:
        return "SYN-ACK" if "ACK" in flags else "SYN"
    if "RST" in flags:
        return "RST"
    if "FIN" in flags:
        return f"FIN {segment.length} B" if segment.length else "FIN"
    if segment.length:
        return f"PSH {segment.length} B" if "PSH" in flags else f"{segment.length} B"
    return "ACK" if "ACK" in flags else flags or "no flags"


def _of_datagram(segment: Segment) -> str:
    if segment.protocol == "icmp":
        return f"ICMP {segment.says}"
    return " ".join(filter(None, ["UDP", segment.says, f"{segment.length} B"]))


def numbers(segment: Segment, sender: str, connection: Connection | None) -> tuple[int | None, int | None]:
    """Sequence and acknowledgement number, counted from the initial ones; None: not known, or not there."""
    flags = segment.flags.split("|")
    isn = acked = None
    if connection is not None:
        mine = connection.end(sender)
        peer = connection.server if mine is connection.client else connection.client
        isn, acked = mine.isn, peer.isn
    if isn is None and "SYN" in flags:
        isn = segment.seq
    seq = None if isn is None else add(segment.seq, -isn)
    ack = None if acked is None or "ACK" not in flags else add(segment.ack, -acked)
    return seq, ack


def numbers_text(segment: Segment, sender: str, connection: Connection | None) -> str:
    """`seq 0  ack 1`; empty if nothing is known."""
    seq, ack = numbers(segment, sender, connection)
    parts = [f"seq {seq}" if seq is not None else "", f"ack {ack}" if ack is not None else ""]
    return "  ".join(filter(None, parts))


def count_bytes(count: int) -> str:
    """`1 byte`, `5 bytes`."""
    return f"{count} byte" if count == 1 else f"{count} bytes"


def duration(ns: int) -> str:
    """`400 ms`, `1.25 s`, `85 µs`, `40 ns`: three digits, or whole seconds."""
    for size, unit in _UNITS:
        if abs(ns) >= size - size // 2000:  # 999.5 µs and more are 1 ms
            value = ns / size
            return f"{value:.3g} {unit}" if abs(value) < _FOUR_DIGITS else f"{value:.0f} {unit}"
    return f"{ns} ns"
