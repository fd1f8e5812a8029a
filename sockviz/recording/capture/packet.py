"""A packet as a capture file has it."""

from typing import Final, TypeAlias

Packet: TypeAlias = tuple[int, int, bytes, int]
"""When it was captured, ns since the epoch; the link type; the bytes that were kept of it; how long it was.

A bare tuple: there are millions of them.
"""

LARGEST: Final = 262_144
"""Bytes of a packet, at most: libpcap's and Wireshark's limit. What says that it is larger is damage."""
