"""`python -m sockviz.sources.dissect`: reads frames, one a line, writes their layers as JSON.

A line is the frame as hex and, if that is not Ethernet, a space and its link type (as in pcap files).

A process of its own, because scapy is slow to load and its dissection would cost the screen frames. It stays
until its standard input ends. No bytes make it fail: what scapy can't read comes out as plain bytes.

A reply is a list of `{"name": "TCP", "fields": [["seq", "7", "what it means"], ...]}`; the explanation may be
missing.
"""

import json
import signal
import sys
from typing import Any, Final

from sockviz import privileges
from sockviz.harmless import escaped
from sockviz.sources.dissect_words import EXPLANATIONS
from sockviz.sources.quiet import importing_scapy
from sockviz.tcp.link import ETHERNET, LINUX_SLL, LINUX_SLL2, LOOP, NULL
from sockviz.tcp.segment import flags_text

with importing_scapy():
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback, LoopbackOpenBSD
    from scapy.packet import NoPayload, Packet, Padding, Raw

FRAME_LIMIT: Final = 2048
"""Bytes of a frame that are looked at."""
LAYER_LIMIT: Final = 24
VALUE_LIMIT: Final = 400
"""Characters of a value."""
_LARGEST_SCALE: Final = 14  # RFC 7323 section 2.3

Layer = dict[str, Any]


def dissect(frame: bytes, link: int = ETHERNET) -> list[Layer]:
    """The layers of a frame of this link type, outermost first."""
    frame = frame[:FRAME_LIMIT]
    try:
        return _layers(_outermost(frame, link)(frame))
    except Exception:  # noqa: BLE001 - scapy raises anything at malformed bytes; the next frame is wanted all the same
        return [{"name": "Bytes", "fields": [["bytes", _clean(frame.hex(" "))]]}]


_OUTERMOST: Final = {
    ETHERNET: Ether,
    LINUX_SLL: CookedLinux,
    LINUX_SLL2: CookedLinuxV2,
    NULL: Loopback,
    LOOP: LoopbackOpenBSD,
}
"""Link type → the layer that a frame begins with; the others begin with IP."""
_VERSION_6: Final = 6


def _outermost(frame: bytes, link: int) -> Any:
    return _OUTERMOST.get(link) or (IPv6 if frame[0] >> 4 == _VERSION_6 else IP)


def _layers(packet: Packet) -> list[Layer]:
    found: list[Layer] = []
    while not isinstance(packet, NoPayload) and len(found) < LAYER_LIMIT:
        found.append({"name": _name(packet), "fields": _fields(packet)})
        packet = packet.payload
    return found


def _name(layer: Packet) -> str:
    """As people call it."""
    if isinstance(layer, Raw):
        return "Payload"
    return {"IP": "IPv4", "802.1Q": "VLAN"}.get(layer.name, _clean(str(layer.name)))


def _fields(layer: Packet) -> list[list[str]]:
    words = next((words for kind, words in _EXPLAINED if isinstance(layer, kind)), {})
    rows = []
    for field in layer.fields_desc:
        value = layer.getfieldval(field.name)
        text = _clean(_value(layer, field, value))
        rows.append([field.name, text, *filter(None, [words.get(field.name)])])
    return rows


_EXPLAINED: Final = tuple(
    (kind, EXPLANATIONS[name])
    for kind, name in (
        (Ether, "ethernet"),
        (Dot1Q, "vlan"),
        (IP, "ipv4"),
        (IPv6, "ipv6"),
        (TCP, "tcp"),
        (Raw, "raw"),
        (Padding, "raw"),
    )
)


def _value(layer: Packet, field: Any, value: Any) -> str:
    """A field's value in words, or as scapy shows it."""
    match layer, field.name:
        case TCP(), "flags":
            text = flags_text(int(value))
        case TCP(), "sport" | "dport":
            text = str(value)
        case TCP(), "options":
            text = ", ".join(_option(*option[:2]) for option in value)
        case (TCP(), "dataofs") | (IP(), "ihl"):
            text = f"{value} ({4 * int(value)} bytes)"
        case IP(), "options":
            text = ", ".join(str(option.name) for option in value)
        case ((Raw() | Padding()), "load"):
            text = repr(value)[1:]
        case _:
            text = str(field.i2repr(layer, value))
    return text or "none"


def _option(name: Any, value: Any) -> str:
    """One TCP option."""
    match name, value:
        case "MSS", int():
            text = f"maximum segment size {value}"
        case "WScale", int():
            text = f"window scale {value} (window times {1 << min(value, _LARGEST_SCALE)})"
        case "SAckOK", _:
            text = "SACK permitted"
        case "Timestamp", (now, echo):
            text = f"timestamp {now} (echo {echo})"
        case "SAck", tuple():
            text = "SACK " + " ".join(
                f"{left}-{right}" for left, right in zip(value[::2], value[1::2], strict=False)
            )
        case "NOP", _:
            text = "padding"
        case "EOL", _:
            text = "end"
        case _:
            text = f"{name} {value!r}"
    return text


def _clean(text: str) -> str:
    """Printable characters only, and not too many."""
    shown = escaped(text[:VALUE_LIMIT])
    return shown + "…" if len(text) > VALUE_LIMIT else shown


def main() -> None:
    """Answer line by line until the input ends."""
    privileges.drop()  # what it reads was written by strangers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is for our parent
    for line in iter(lambda: sys.stdin.buffer.readline(1 << 16), b""):
        try:
            text, _, kind = line.decode("ascii").strip().partition(" ")
            frame, link = bytes.fromhex(text), int(kind or ETHERNET)
        except ValueError:
            frame, link = b"", ETHERNET
        sys.stdout.write(json.dumps(dissect(frame, link) if frame else []) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
