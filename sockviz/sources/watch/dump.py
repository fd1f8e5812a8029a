"""The kernel's TCP sockets as raw messages, filtered by the kernel itself (sock_diag(7), inet_diag).

One dump walks the kernel's table once, for IPv4 and IPv6 together: that is what TCPDIAG_GETSOCK does, which
is older than `inet_diag_req_v2` and half its price. Owns one netlink socket, of the namespace it was made in.
It does not judge what it reads; `sockviz.sources.watch.rows` and `listeners` do.
"""

import os
import socket
import struct
from collections.abc import Collection, Iterator
from typing import Final, Self

_NETLINK_SOCK_DIAG: Final = 4
_TCPDIAG_GETSOCK: Final = 18
_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP: Final = 0x300
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_INET_DIAG_REQ_BYTECODE: Final = 1
_BUFFER: Final = 1 << 18
_SO_RCVBUF: Final = 1 << 20

MEMINFO: Final = 1 << (7 - 1)
"""Extension: INET_DIAG_SKMEMINFO, with the drops of a socket."""
INFO: Final = 1 << (2 - 1)
"""Extension: INET_DIAG_INFO, `struct tcp_info`."""
MOST_FILTERED: Final = 32
"""Ports in a filter; of more all sockets are read."""

_header = struct.Struct("=IHHII")  # nlmsghdr: len, type, flags, seq, pid
_request = struct.Struct("=BBBB2s46xII")  # inet_diag_req: family, src_len, dst_len, ext, id, states, dbs
_attribute = struct.Struct("=HH")
MESSAGE: Final = 72
"""sizeof(struct inet_diag_msg); attributes follow."""


class Dump:
    """A netlink socket for dumps of TCP sockets. Not for several threads."""

    def __init__(self) -> None:
        """Open it.

        Raises:
            OSError: the kernel has no sock_diag (built without, or a sandbox forbids it).
        """
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SO_RCVBUF)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def read(
        self, states: int, *, extensions: int = 0, ports: Collection[int] = ()
    ) -> Iterator[tuple[bytes, int, int]]:
        """The sockets in `states` (bits 1 << TCP_...), with one of these local ports (none: any).

        Yields:
            A buffer, where an inet_diag_msg begins in it, and where its attributes end.

        Raises:
            OSError: the kernel refused.
        """
        self._sequence += 1
        body = _query(states, extensions, ports)
        self._socket.send(
            _header.pack(
                _header.size + len(body), _TCPDIAG_GETSOCK, _NLM_F_REQUEST | _NLM_F_DUMP, self._sequence, 0
            )
            + body
        )
        unpack, size, sequence = _header.unpack_from, _header.size, self._sequence
        while True:
            data = self._socket.recv(_BUFFER)
            at, end = 0, len(data)
            while at + size <= end:
                length, kind, _, number, _ = unpack(data, at)
                if length < size:
                    break
                if number == sequence:  # else the rest of a dump that nobody read to its end
                    if kind == _NLMSG_DONE:
                        return
                    if kind == _NLMSG_ERROR:
                        (code,) = struct.unpack_from("=i", data, at + size)
                        raise OSError(-code, f"sock_diag: {os.strerror(-code)}")
                    if length >= size + MESSAGE:
                        yield data, at + size, at + length
                at += (length + 3) & ~3


def _query(states: int, extensions: int, ports: Collection[int]) -> bytes:
    """The request's body. A single port is compared without a program, which is cheaper."""
    only = next(iter(ports)) if len(ports) == 1 else 0
    body = _request.pack(socket.AF_INET, 0, 0, extensions, only.to_bytes(2, "big"), states, 0)
    if 1 < len(ports) <= MOST_FILTERED:
        body += _local_ports(sorted(ports))
    return body


def _local_ports(ports: list[int]) -> bytes:
    """`sport == a || sport == b …` as inet_diag bytecode, in its attribute.

    Each operation is (code, where to go if it holds, where if not), relative, in bytes; a comparison has its
    port in the next four. The end is yes, four bytes past it no. The kernel's audit follows the `yes` path
    only, which must reach each operation: hence the jumps (inet_diag_bc_audit() in net/ipv4/inet_diag.c).
    """
    jump, least, most = 1, 2, 3
    size = 20  # of one port: two comparisons and a jump to the end
    total = len(ports) * size - 4
    program = b""
    for place, port in enumerate(ports):
        here = place * size
        last = place == len(ports) - 1
        other = total - here + 4 if last else size
        value = struct.pack("=HH", 0, port)
        program += struct.pack("=BBH", least, 8, other) + value
        program += struct.pack("=BBH", most, 8, other - 8) + value
        if not last:
            program += struct.pack("=BBH", jump, 4, total - here - 16)
    return _attribute.pack(_attribute.size + len(program), _INET_DIAG_REQ_BYTECODE) + program
