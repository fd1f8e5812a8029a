"""Short names for what is drawn: a segment, a span of time."""

from typing import Final

from sockviz.events import Segment

_FOUR_DIGITS: Final = 999.5
_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))


def label(segment: Segment) -> str:
    """`SYN`, `SYN-ACK`, `ACK`, `FIN`, `RST`, `PSH 5 B`; an ACK beside something else goes without saying."""
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
