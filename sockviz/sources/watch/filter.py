"""The packet filter of watching: what begins and ends connections of some listeners, each packet once.

Classic BPF for a packet socket without link layer (SOCK_DGRAM), of all interfaces. Pure.
"""

from collections.abc import Collection, Sequence
from typing import Final, TypeAlias

from sockviz.sources.filter import program

MOST_PORTS: Final = 1_000
"""That are compared; the kernel takes 4,096 instructions."""
_KEPT: Final = 256
"""Bytes of a packet."""
_SLACK: Final = 6
"""Bytes by which Ethernet fills a short frame; no more payload than this is none."""

_WORD, _HALF, _BYTE = 0x20, 0x28, 0x30  # A = what is at k
_HALF_X, _BYTE_X = 0x48, 0x50  # A = what is at X + k
_LENGTH = 0x80  # A = the packet's length
_X_IS, _X_IHL, _X_SAVED = 0x01, 0xB1, 0x61  # X = k; X = 4 * (k & 15), an IPv4 header's length; X = M[k]
_SAVE, _AND, _SHIFT, _ADD_X, _LESS_X = 0x02, 0x54, 0x74, 0x0C, 0x1C
_EQUAL, _MORE, _ANY_BIT = 0x15, 0x25, 0x45
_JUMP, _RETURN = 0x05, 0x06  # however far, where a comparison reaches 255 instructions

_PROTOCOL, _WAY = 0xFFFF_F000, 0xFFFF_F004
"""SKF_AD_OFF + SKF_AD_PROTOCOL, SKF_AD_PKTTYPE (linux/filter.h)."""
_OUTGOING: Final = 4
_V4, _V6, _TCP = 0x0800, 0x86DD, 6
_SYN_FIN_RST: Final = 0x07

_Line: TypeAlias = str | tuple[int, int | str] | tuple[int, int, str, str]
"""A label; an instruction (code, k), k being a label's distance if it is one; a comparison (code, k, where to
go if it holds, where if not)."""


def handshakes(ports: Collection[int], *, acks: bool) -> bytes:
    """SYN, FIN and RST of connections with one of these local `ports`; with `acks` empty ACKs to them, too.

    Of what arrives the destination's port is compared, of what leaves the source's: on `lo`, where each
    packet is seen both ways, one of the two copies is taken. More than `MOST_PORTS` are not compared.
    """
    chosen = sorted(ports)
    return _assembled(
        (
            (_WORD, _PROTOCOL),
            (_EQUAL, _V6, "six", "four?"),
            "six",
            (_BYTE, 6),  # next header; no extension headers
            (_EQUAL, _TCP, "six tcp", "other"),
            "six tcp",
            (_X_IS, 40),
            (_WORD, _WAY),
            (_EQUAL, _OUTGOING, "leaves", "comes"),
            "four?",
            (_EQUAL, _V4, "four", "other"),
            "four",
            (_BYTE, 9),  # protocol
            (_EQUAL, _TCP, "four tcp", "other"),
            "four tcp",
            (_HALF, 6),  # fragment offset
            (_ANY_BIT, 0x1FFF, "other", "whole"),
            "whole",
            (_X_IHL, 0),
            (_WORD, _WAY),
            (_EQUAL, _OUTGOING, "leaves", "comes"),
            "comes",
            (_JUMP, "arrives"),
            "other",
            (_RETURN, 0),
            "leaves",
            (_HALF_X, 0),  # source port
            *_one_of(chosen, "left"),
            "left",
            (_BYTE_X, 13),
            (_ANY_BIT, _SYN_FIN_RST, "sent", "not sent"),
            "sent",
            (_RETURN, _KEPT),
            "not sent",
            (_RETURN, 0),
            "arrives",
            (_HALF_X, 2),  # destination port
            *_one_of(chosen, "came"),
            "came",
            (_BYTE_X, 13),
            (_ANY_BIT, _SYN_FIN_RST, "yes", "empty?" if acks else "no"),
            "empty?",
            (_BYTE_X, 12),  # length of the TCP header, in its upper half in words
            (_AND, 0xF0),
            (_SHIFT, 2),
            (_ADD_X, 0),
            (_SAVE, 0),
            (_LENGTH, 0),
            (_X_SAVED, 0),
            (_LESS_X, 0),
            (_MORE, _SLACK, "no", "yes"),
            "yes",
            (_RETURN, _KEPT),
            "no",
            (_RETURN, 0),
        )
    )


def _one_of(ports: Sequence[int], label: str) -> list[_Line]:
    """Go to `label` if A is one of `ports`, to `no` if it is none."""
    if len(ports) > MOST_PORTS:
        return []
    lines: list[_Line] = []
    for port in ports:
        found, following = f"{label} {port}", f"{label} after {port}"
        lines += [(_EQUAL, port, found, following), found, (_JUMP, label), following]
    return [*lines, (_JUMP, "no")]


def _assembled(lines: Sequence[_Line]) -> bytes:
    """Labels as distances."""
    places: dict[str, int] = {}
    count = 0
    for line in lines:
        if isinstance(line, str):
            places[line] = count
        else:
            count += 1
    instructions: list[tuple[int, int, int, int]] = []
    for line in lines:
        if isinstance(line, str):
            continue
        here = len(instructions) + 1
        code, k = line[0], places[line[1]] - here if isinstance(line[1], str) else line[1]
        yes, no = (places[label] - here for label in line[2:]) if len(line) > 2 else (0, 0)  # noqa: PLR2004 - as above
        instructions.append((code, yes, no, k))
    return program(*instructions)
