"""Filters and sorts the list of a capture's connections. Pure."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeAlias, get_args

from sockviz.recording.capture.catalogue import CaptureConnection

Order: TypeAlias = Literal[
    "number",
    "client",
    "server",
    "first",
    "duration",
    "packets",
    "bytes",
    "handshake",
    "ending",
    "retransmissions",
]
"""What can be sorted by: a field or a property of `CaptureConnection`."""

ORDERS: Final[tuple[Order, ...]] = get_args(Order)


def matching(connections: Iterable[CaptureConnection], text: str) -> list[CaptureConnection]:
    """Those that have each word of `text` in their endpoints, their ending or their handshake, in any case.

    `10.0.0.2 reset` are those of a host that were reset; `:443` those of a port; `full` or `no handshake`.
    """
    words = text.lower().split()
    return [connection for connection in connections if _has(connection, words)]


def _has(connection: CaptureConnection, words: Sequence[str]) -> bool:
    handshake = "no" if connection.handshake == "none" else connection.handshake
    text = f"{connection.client} {connection.server} {connection.ending} {handshake} handshake".lower()
    return all(word in text for word in words)


def ordered(
    connections: Iterable[CaptureConnection], by: Order = "number", *, descending: bool = False
) -> list[CaptureConnection]:
    """Sorted by one thing, and where that is equal by number, ascending. Addresses are sorted as numbers."""
    found = sorted(connections, key=lambda connection: connection.number)
    key: Callable[[CaptureConnection], Any] = lambda connection: getattr(connection, by)  # noqa: E731
    if by in ("client", "server"):
        key = lambda connection: _address(getattr(connection, by))  # noqa: E731
    return sorted(found, key=key, reverse=descending)


def _address(text: str) -> tuple[int, int, int]:
    """IPv4 before IPv6, then by address, then by port."""
    ip, _, port = text.rpartition(":")
    address = ip_address(ip.strip("[]"))
    return address.version, int(address), int(port)
