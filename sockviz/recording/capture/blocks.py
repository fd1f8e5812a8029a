"""Makes the blocks of a pcapng file (draft-ietf-opsawg-pcapng): bytes, to be written one after the other.

Times are in ns. Little-endian, whatever the machine. Pure.
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final, Literal

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = -1
_END, _COMMENT = 0, 1
_SECTION_SYSTEM, _SECTION_PROGRAM = 3, 4
_INTERFACE_NAME, _INTERFACE_DESCRIPTION, _INTERFACE_RESOLUTION = 2, 3, 9
_PACKET_FLAGS: Final = 2
_NANOSECONDS: Final = 9
_DIRECTIONS: Final = {"inbound": 1, "outbound": 2}
_LONGEST_TEXT: Final = 0xFFFF - 3
"""Bytes of an option; its length has 16 bits, and Wireshark wants the padding to fit, too."""

_head = Struct("<II").pack
_tail = Struct("<I").pack
_section = Struct("<IHHq").pack
_interface = Struct("<HHI").pack
_packet = Struct("<IIIII").pack
_option = Struct("<HH").pack
_u32 = Struct("<I").pack


def section(*, program: str = "", system: str = "", comment: str = "") -> bytes:
    """A file, or a part of one, begins."""
    options = [*_text(_COMMENT, comment), *_text(_SECTION_SYSTEM, system), *_text(_SECTION_PROGRAM, program)]
    return _block(_SECTION, _section(_BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH) + _options(options))


def interface(link: int, *, name: str = "", description: str = "", snap_length: int = 0) -> bytes:
    """An interface of the section; its number is how many there were before. `snap_length` 0: no limit."""
    options = [
        *_text(_INTERFACE_NAME, name),
        *_text(_INTERFACE_DESCRIPTION, description),
        (_INTERFACE_RESOLUTION, bytes([_NANOSECONDS])),
    ]
    return _block(_INTERFACE, _interface(link, 0, snap_length) + _options(options))


def packet(
    number: int,
    time: int,
    frame: bytes,
    original: int,
    *,
    comments: Iterable[str] = (),
    direction: Literal["inbound", "outbound", ""] = "",
) -> bytes:
    """A packet.

    Args:
        number: of the interface.
        time: ns since the epoch; one that the format has no room for becomes the nearest that it has.
        frame: what was kept of it.
        original: how long it was.
        comments: what Wireshark shows as the packet's comments.
        direction: seen from the interface's host.
    """
    time = min(max(time, 0), (1 << 64) - 1)
    options = [option for comment in comments for option in _text(_COMMENT, comment)]
    if direction:
        options.append((_PACKET_FLAGS, _u32(_DIRECTIONS[direction])))
    head = _packet(number, time >> 32, time & 0xFFFFFFFF, len(frame), original)
    return _block(_PACKET, head + _padded(frame) + _options(options))


def _text(code: int, text: str) -> list[tuple[int, bytes]]:
    """An option with a text; none if there is no text."""
    value = text.encode(errors="replace")[:_LONGEST_TEXT]
    return [(code, value.decode(errors="ignore").encode())] if value else []


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    made = b"".join(_option(code, len(value)) + _padded(value) for code, value in options)
    return made + _option(_END, 0) if made else b""


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return _head(kind, size) + body + _tail(size)


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)
