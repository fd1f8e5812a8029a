"""Names of link types, for what is said of captures (https://www.tcpdump.org/linktypes.html)."""

from typing import Final

from sockviz.tcp.link import READ

_NAMES: Final = {
    0: "BSD loopback",
    1: "Ethernet",
    6: "Token Ring",
    9: "PPP",
    12: "raw IP",
    14: "raw IP",
    50: "PPP over serial",
    51: "PPPoE",
    101: "raw IP",
    104: "Cisco HDLC",
    105: "Wi-Fi (802.11)",
    108: "OpenBSD loopback",
    113: "Linux cooked v1",
    119: "Wi-Fi with Prism header",
    122: "IP over Fibre Channel",
    127: "Wi-Fi with radiotap header",
    163: "Wi-Fi with AVS header",
    187: "Bluetooth",
    189: "USB",
    195: "802.15.4",
    201: "Bluetooth",
    220: "USB",
    227: "CAN bus",
    228: "raw IPv4",
    229: "raw IPv6",
    239: "Netfilter log",
    249: "USB (Windows)",
    253: "Netlink",
    276: "Linux cooked v2",
}
"""Those that people meet; of the others the number has to do."""


def name(link: int) -> str:
    """`Ethernet`, or `link type 147`."""
    return _NAMES.get(link, f"link type {link}")


def readable(link: int) -> bool:
    """Segments are found in frames of this type."""
    return link in READ
