"""Packet filters in the kernel's classic BPF, packed by hand: no libpcap is needed.

Pure, but for `attach`. Instructions are `struct sock_filter` (linux/filter.h): code, jump if true, jump if
false, k; jumps count instructions from the next one.
"""

import ctypes
import socket
import struct
from typing import Final, TypeAlias

_Instruction: TypeAlias = tuple[int, int, int, int]

_SO_ATTACH_FILTER: Final = 26

# BPF_CLASS | BPF_SIZE | BPF_MODE (linux/bpf_common.h)
_LOAD_HALF: Final = 0x28  # A = the half word at k
_LOAD_BYTE: Final = 0x30  # A = the byte at k
_LOAD_HALF_X: Final = 0x48  # A = the half word at X + k
_LOAD_X_IHL: Final = 0xB1  # X = 4 * (the byte at k & 0x0f): the length of an IPv4 header
_JUMP_EQUAL: Final = 0x15
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06  # keep k bytes; 0: the packet is not for us

_ETHERTYPE, _IPV4, _IPV6 = 12, 0x0800, 0x86DD
_IP: Final = 14
_TCP: Final = 6


def program(*instructions: _Instruction) -> bytes:
    """Instructions as the kernel wants them."""
    return b"".join(struct.pack("@HBBI", *instruction) for instruction in instructions)


_NOT_OURS: Final = (_RETURN, 0, 0, 0)
NOTHING: Final = program(_NOT_OURS)
"""Lets nothing in."""


def tcp_port(port: int, keep: int) -> bytes:
    """`tcp port N` of Ethernet frames with IPv4 (first fragments) or IPv6 (no extension headers).

    Args:
        port: source or destination.
        keep: how many bytes of a packet to hand over.
    """
    return program(
        (_LOAD_HALF, 0, 0, _ETHERTYPE),
        (_JUMP_EQUAL, 0, 6, _IPV6),
        (_LOAD_BYTE, 0, 0, _IP + 6),  # next header
        (_JUMP_EQUAL, 0, 15, _TCP),
        (_LOAD_HALF, 0, 0, _IP + 40),  # source port
        (_JUMP_EQUAL, 12, 0, port),
        (_LOAD_HALF, 0, 0, _IP + 42),  # destination port
        (_JUMP_EQUAL, 10, 11, port),
        (_JUMP_EQUAL, 0, 10, _IPV4),
        (_LOAD_BYTE, 0, 0, _IP + 9),  # protocol
        (_JUMP_EQUAL, 0, 8, _TCP),
        (_LOAD_HALF, 0, 0, _IP + 6),  # fragment offset
        (_JUMP_ANY_BIT, 6, 0, 0x1FFF),
        (_LOAD_X_IHL, 0, 0, _IP),
        (_LOAD_HALF_X, 0, 0, _IP),  # source port
        (_JUMP_EQUAL, 2, 0, port),
        (_LOAD_HALF_X, 0, 0, _IP + 2),  # destination port
        (_JUMP_EQUAL, 0, 1, port),
        (_RETURN, 0, 0, keep),
        _NOT_OURS,
    )


def attach(sock: socket.socket, instructions: bytes) -> None:
    """Filter what `sock` receives from now on (socket(7), SO_ATTACH_FILTER); what already waits in it stays.

    Raises:
        OSError: the kernel refuses the program.
    """
    held = ctypes.create_string_buffer(instructions, len(instructions))
    count = len(instructions) // struct.calcsize("@HBBI")
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", count, ctypes.addressof(held)))
