"""Reads the packets of a pcap file (draft-ietf-opsawg-pcap; pcap-savefile(5)).

Times in µs or ns, both byte orders. The snap length in the header is not relied on: programs write what they
like there.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from sockviz.recording.capture.packet import LARGEST, Packet
from sockviz.recording.capture.window import Damaged, Window

MAGICS: Final = {
    bytes.fromhex("d4c3b2a1"): ("<", 1_000),
    bytes.fromhex("a1b2c3d4"): (">", 1_000),
    bytes.fromhex("4d3cb2a1"): ("<", 1),
    bytes.fromhex("a1b23c4d"): (">", 1),
}
"""How a file begins → the order of its bytes, and how many ns its unit of time has."""

_FILE_HEADER: Final = 24
_PACKET_HEADER: Final = 16
_LINK_TYPE: Final = 0xFFFF
"""The field's upper half tells of frame check sequences; they come after the packet: nobody looks at them."""


def packets(window: Window) -> Iterator[Packet]:
    """The packets of a file that begins with one of `MAGICS`, all of it still to come in `window`.

    Raises:
        Damaged: the rest makes no sense.
        OSError: the disk fails, or the like.
    """
    data = window.data
    if len(data) < _FILE_HEADER:
        raise Damaged("is cut off within its header", 0)
    order, unit = MAGICS[data[:4]]
    link = Struct(order + "I").unpack_from(data, 20)[0] & _LINK_TYPE
    header = Struct(order + "IIII").unpack_from
    at, count = _FILE_HEADER, 0
    while True:
        last = len(data) - _PACKET_HEADER
        while at <= last:
            seconds, fraction, size, original = header(data, at)
            stop = at + _PACKET_HEADER + size
            if size > LARGEST:
                where = f"packet {count + 1:,}, at byte {window.base + at:,},"
                raise Damaged(f"is damaged: {where} says that it has {size:,} bytes", count)
            if stop > len(data):
                break
            count += 1
            yield seconds * 1_000_000_000 + fraction * unit, link, data[at + _PACKET_HEADER : stop], original
            at = stop
        if not window.more(at):
            break
        data, at = window.data, 0
    if window.data:
        end = window.base + len(window.data)
        raise Damaged(f"is cut off within packet {count + 1:,}, at byte {end:,}", count)
