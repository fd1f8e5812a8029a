"""The kernel's own view of its TCP and UDP sockets, raw: netlink sock_diag (sock_diag(7)).

It has what psutil leaves out: the queues of every socket, inode 0 for what nobody accepted, and timers. It
needs no privilege, and costs a fraction of reading the proc table.

Owns one netlink socket, of the namespace it was made in. It does not judge what it reads.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, Self, TypeAlias

from sockviz.addresses import Address

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_NLM_F_REQUEST: Final = 0x1
_NLM_F_DUMP: Final = 0x300
_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_NLM_F_DUMP_INTR: Final = 0x10
_INET_DIAG_REQ_BYTECODE: Final = 1
_ALL_STATES: Final = 0x1FFE  # 1 to 12: what the proc table has; not TCP_BOUND_INACTIVE
_BUFFER: Final = 1 << 17
_TRIES: Final = 3

_header = struct.Struct("=IHHII")  # nlmsghdr: len, type, flags, seq, pid
_request = struct.Struct("=BBBxI48x")  # inet_diag_req_v2: family, protocol, ext, states, id
_TCPDIAG_GETSOCK: Final = 18
_ALL_TCP: Final = struct.pack("=4x48xII", _ALL_STATES, 0)
"""struct inet_diag_req, the older request, which has no family: what it asks for is asked for of all of
them (inet_diag_dump_compat() in net/ipv4/inet_diag.c), and so with one walk through the kernel's table."""

_attribute = struct.Struct("=HH")  # nlattr: len, type
_message = struct.Struct("=BBBB2s2s16s16s4x8xIIIII")
"""inet_diag_msg: family, state, timer, retrans; id: sport, dport, src, dst, if, cookie; expires, rqueue,
wqueue, uid, inode."""

# linux/tcp_states.h; 12 is TCP_NEW_SYN_RECV, which the kernel reports as 3.
STATES: Final = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN_RECV",
}
TIMERS: Final = {1: "retransmit", 2: "keepalive", 3: "timewait", 4: "probe"}

Protocol: TypeAlias = Literal["tcp", "udp"]
_NUMBERS: Final[dict[Protocol, int]] = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}


class DiagRow(NamedTuple):
    """One socket."""

    state: str
    local: Address
    remote: Address
    timer: str | None
    expires: int
    """ms from now until the timer fires."""
    recv_queue: int
    send_queue: int
    inode: int
    protocol: Protocol = "tcp"
    """Of `udp` the state is CLOSE, or ESTABLISHED after connect()."""


class SockDiag:
    """A sock_diag socket. Not for several threads."""

    def __init__(self, port: int | None = None) -> None:
        """Look at the sockets with `port` on either end only (the kernel filters); None: at all.

        Raises:
            OSError: the kernel has no sock_diag (built without, or a sandbox forbids it).
        """
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
        )
        self._filter = b"" if port is None else _port_filter(port)
        self._sequence = 0
        self._at_once = True
        """The kernel tells of IPv4 and IPv6 with one walk through its table."""
        self._known: dict[tuple[Protocol, bytes], dict[bytes, DiagRow]] = {}
        """What was asked → what the answer was made of."""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def rows(self, protocol: Protocol = "tcp") -> list[DiagRow]:
        """All sockets of the namespace, IPv4 and IPv6.

        Raises:
            OSError: the kernel refused.
        """
        if protocol == "tcp" and self._at_once:
            try:
                return self._settled(protocol, _TCPDIAG_GETSOCK, _ALL_TCP)
            except OSError:
                self._at_once = False
        rows = []
        for family in (socket.AF_INET, socket.AF_INET6):
            request = _request.pack(family, _NUMBERS[protocol], 0, _ALL_STATES)
            rows += self._settled(protocol, _SOCK_DIAG_BY_FAMILY, request)
        return rows

    def _settled(self, protocol: Protocol, kind: int, request: bytes) -> list[DiagRow]:
        """Dump; a dump that the table changed under may be torn: then again, a few times."""
        known = self._known.get((protocol, request), {})
        for _ in range(_TRIES):
            torn, found = self._dump(protocol, kind, request, known)
            if not torn:
                break
        self._known[protocol, request] = found
        return list(found.values())

    def _dump(
        self, protocol: Protocol, kind: int, request: bytes, known: dict[bytes, DiagRow]
    ) -> tuple[bool, dict[bytes, DiagRow]]:
        """Ask once; whether the answer is torn, and each socket's bytes → its row.

        Of a socket whose bytes are `known` the row is, too: to look at 10,000 sockets of which few changed
        is mostly that.
        """
        self._sequence += 1
        body = request + self._filter
        flags = _NLM_F_REQUEST | _NLM_F_DUMP
        self._socket.send(_header.pack(_header.size + len(body), kind, flags, self._sequence, 0) + body)
        rows: dict[bytes, DiagRow] = {}
        torn = False
        while True:
            data = self._socket.recv(_BUFFER)
            for told, flags, sequence, start, end in _messages(data):
                if sequence != self._sequence:
                    continue  # the rest of a dump that failed half-way
                torn |= bool(flags & _NLM_F_DUMP_INTR)
                if told == _NLMSG_DONE:
                    return torn, rows
                if told == _NLMSG_ERROR:
                    (code,) = struct.unpack_from("=i", data, start)
                    raise OSError(-code, f"sock_diag: {os.strerror(-code)}")
                if end - start >= _message.size:
                    raw = data[start : start + _message.size]
                    rows[raw] = known.get(raw) or _row(raw, protocol)


def _messages(data: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """(type, flags, sequence, start of the body, end) of each netlink message; their lengths differ."""
    offset = 0
    while offset + _header.size <= len(data):
        length, kind, flags, sequence, _ = _header.unpack_from(data, offset)
        if length < _header.size:
            return
        yield kind, flags, sequence, offset + _header.size, min(offset + length, len(data))
        offset += (length + 3) & ~3


def _row(raw: bytes, protocol: Protocol) -> DiagRow:
    family, state, timer, _, sport, dport, src, dst, expires, recv_queue, send_queue, _, inode = (
        _message.unpack(raw)
    )
    return DiagRow(
        STATES.get(state, str(state)),
        _address(family, src, sport),
        _address(family, dst, dport),
        TIMERS.get(timer),
        expires,
        recv_queue,
        send_queue,
        inode,
        protocol,
    )


def _address(family: int, packed: bytes, port: bytes) -> Address:
    size = 16 if family == socket.AF_INET6 else 4
    return Address(socket.inet_ntop(family, packed[:size]), int.from_bytes(port, "big"))


def _port_filter(port: int) -> bytes:
    """`sport == port || dport == port` as inet_diag bytecode, in its attribute.

    Each operation is (code, where to go if it holds, where if not), relative, in bytes; a comparison has its
    port in the next four. The end is yes, four bytes past it no. The kernel's audit follows the `yes` path
    only, which must reach each operation: hence the jump (inet_diag_bc_audit() in net/ipv4/inet_diag.c).
    """
    jump, source_least, source_most, target_least, target_most = 1, 2, 3, 4, 5

    def operation(code: int, yes: int, no: int) -> bytes:
        return struct.pack("=BBH", code, yes, no)

    value = struct.pack("=HH", 0, port)
    program = (
        operation(source_least, 8, 20)  # at 0
        + value
        + operation(source_most, 8, 12)  # at 8
        + value
        + operation(jump, 4, 20)  # at 16: to the end
        + operation(target_least, 8, 20)  # at 20
        + value
        + operation(target_most, 8, 12)  # at 28
        + value
    )
    return _attribute.pack(_attribute.size + len(program), _INET_DIAG_REQ_BYTECODE) + program


def available() -> bool:
    """Whether this kernel (and this sandbox) lets us ask."""
    with contextlib.suppress(OSError), SockDiag(port=1) as diag:
        diag.rows()
        return True
    return False
