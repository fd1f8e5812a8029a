"""The system calls of the toy programs, made through libc with nothing in between.

Python's own socket methods hide what is to be shown: they make a call that was interrupted by a signal again
(PEP 475), poll before they block, and raise instead of returning -1. Here each function is one call of libc
that returns when the system call returns; ctypes lets the other threads run meanwhile. Descriptors are plain
integers.

This module makes calls and knows nothing about programs, threads or events. Linux only (sockaddr's layout).
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sockviz.addresses import Address

_libc = ctypes.CDLL(None, use_errno=True)

_SOCKADDR_IN = struct.Struct("=H2s4s8x")
_SOCKADDR_IN6 = struct.Struct("=H2sI16sI")
_SOCKADDR_STORAGE = 128  # sizeof(struct sockaddr_storage), a room for any address
_TCP_INFO_LISTENER = struct.Struct("=B23xII")  # tcpi_state, then tcpi_unacked and tcpi_sacked at offset 24
_TCP_LISTEN = 10


class Outcome(NamedTuple):
    """What a call returned."""

    result: int
    """The descriptor, the count of bytes, or 0; -1 on error."""
    error: str | None = None
    """`ECONNREFUSED`, `EINTR` …; None: no error."""
    data: bytes = b""
    """recv: what was received."""
    peer: Address | None = None
    """accept, recvfrom, sendto: the other end's address."""


def _make(function: Callable[..., int], *args: Any) -> Outcome:
    """Call libc once."""
    result = function(*args)
    if result >= 0:
        return Outcome(result)
    number = ctypes.get_errno()
    return Outcome(-1, errno.errorcode.get(number, f"errno {number}"))


def open_socket(family: int, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> Outcome:
    """`socket(family, kind, protocol)`; the result is the descriptor."""
    return _make(_libc.socket, int(family), int(kind | socket.SOCK_CLOEXEC), int(protocol))


def bind(fd: int, address: Address) -> Outcome:
    """`bind`: give the socket its own address."""
    packed = _pack(address)
    return _make(_libc.bind, fd, packed, len(packed))


def listen(fd: int, backlog: int) -> Outcome:
    """`listen`; on a socket that listens already it changes the length of the queue."""
    return _make(_libc.listen, fd, backlog)


def accept(fd: int) -> Outcome:
    """`accept4`: blocks until a connection is complete; the result is its descriptor."""
    room = ctypes.create_string_buffer(_SOCKADDR_STORAGE)
    size = ctypes.c_uint32(_SOCKADDR_STORAGE)
    outcome = _make(_libc.accept4, fd, room, ctypes.byref(size), int(socket.SOCK_CLOEXEC))
    return outcome._replace(peer=_unpack(room.raw)) if outcome.error is None else outcome


def connect(fd: int, address: Address) -> Outcome:
    """`connect`: blocks until the connection is made or has failed."""
    packed = _pack(address)
    return _make(_libc.connect, fd, packed, len(packed))


def send(fd: int, data: bytes) -> Outcome:
    """`send` with MSG_NOSIGNAL: blocks while the send buffer is full; the result counts the bytes taken."""
    outcome = _make(_libc.send, fd, data, ctypes.c_size_t(len(data)), int(socket.MSG_NOSIGNAL))
    return outcome._replace(data=data[: max(outcome.result, 0)])


def recv(fd: int, size: int) -> Outcome:
    """`recv`: blocks until there are bytes; a result of 0 is the peer's end of stream."""
    room = ctypes.create_string_buffer(max(size, 1))
    outcome = _make(_libc.recv, fd, room, ctypes.c_size_t(size), 0)
    return outcome._replace(data=room.raw[: max(outcome.result, 0)])


def sendto(fd: int, data: bytes, address: Address) -> Outcome:
    """`sendto`: one datagram; it has left, or not, when this returns. Nobody says whether it arrived."""
    packed = _pack(address)
    flags = int(socket.MSG_NOSIGNAL)
    outcome = _make(_libc.sendto, fd, data, ctypes.c_size_t(len(data)), flags, packed, len(packed))
    return outcome._replace(data=data[: max(outcome.result, 0)], peer=address)


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("name_length", ctypes.c_uint32),
        ("iov", ctypes.POINTER(_Iovec)),
        ("iov_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Mmsghdr(ctypes.Structure):
    """One message, and how many of its bytes were sent."""

    _fields_ = (("header", _Msghdr), ("sent", ctypes.c_uint32))


def sendmmsg(fd: int, packets: Sequence[bytes], address: Address) -> Outcome:
    """`sendmmsg`: up to 1,024 datagrams with one call; the result counts those that have left."""
    packed, count = _pack(address), len(packets)
    parts = (_Iovec * count)(*(_Iovec(packet, len(packet)) for packet in packets))
    messages = (_Mmsghdr * count)()
    for part, message in zip(parts, messages, strict=True):
        message.header = _Msghdr(packed, len(packed), ctypes.pointer(part), 1)
    outcome = _make(_libc.sendmmsg, fd, messages, count, int(socket.MSG_NOSIGNAL))
    return outcome._replace(data=b"".join(packets[: min(outcome.result, 1)]), peer=address)


def recvfrom(fd: int, size: int) -> Outcome:
    """`recvfrom`: blocks until a datagram is there; what of it is longer than `size` is lost."""
    room = ctypes.create_string_buffer(max(size, 1))
    name = ctypes.create_string_buffer(_SOCKADDR_STORAGE)
    length = ctypes.c_uint32(_SOCKADDR_STORAGE)
    outcome = _make(_libc.recvfrom, fd, room, ctypes.c_size_t(size), 0, name, ctypes.byref(length))
    if outcome.error is not None:
        return outcome
    return outcome._replace(data=room.raw[: outcome.result], peer=_unpack(name.raw))


def shutdown(fd: int, how: int) -> Outcome:
    """`shutdown(SHUT_RD | SHUT_WR | SHUT_RDWR)`."""
    return _make(_libc.shutdown, fd, int(how))


def setsockopt(fd: int, level: int, option: int, value: bytes) -> Outcome:
    """`setsockopt`; `value` as the option's C type lies in memory."""
    return _make(_libc.setsockopt, fd, int(level), int(option), value, len(value))


def close(fd: int) -> Outcome:
    """`close`. The descriptor is free again whatever it returns."""
    return _make(_libc.close, fd)


def local_address(fd: int) -> Address | None:
    """The socket's own address (`getsockname`); None: not a socket any more."""
    return _name(_libc.getsockname, fd)


def remote_address(fd: int) -> Address | None:
    """The peer's address (`getpeername`); None: not connected."""
    return _name(_libc.getpeername, fd)


def accept_queue(fd: int) -> tuple[int, int] | None:
    """Depth and limit of a listener's accept queue; None: the socket does not listen.

    For a listener the kernel puts `sk_ack_backlog` and `sk_max_ack_backlog` into `tcpi_unacked` and
    `tcpi_sacked` (tcp_get_info() in net/ipv4/tcp.c). Needs no privilege.
    """
    room = ctypes.create_string_buffer(_TCP_INFO_LISTENER.size)
    size = ctypes.c_uint32(_TCP_INFO_LISTENER.size)
    options = (int(socket.IPPROTO_TCP), int(socket.TCP_INFO))
    if _libc.getsockopt(fd, *options, room, ctypes.byref(size)) < 0 or size.value < _TCP_INFO_LISTENER.size:
        return None
    state, depth, limit = _TCP_INFO_LISTENER.unpack(room.raw)
    return (depth, limit) if state == _TCP_LISTEN else None


def _name(function: Callable[..., int], fd: int) -> Address | None:
    room = ctypes.create_string_buffer(_SOCKADDR_STORAGE)
    size = ctypes.c_uint32(_SOCKADDR_STORAGE)
    return _unpack(room.raw) if function(fd, room, ctypes.byref(size)) == 0 else None


def _pack(address: Address) -> bytes:
    """A `struct sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)): only the family is in host order."""
    port = address.port.to_bytes(2, "big")
    packed = socket.inet_pton(address.family, address.ip)
    if address.family == socket.AF_INET6:
        return _SOCKADDR_IN6.pack(socket.AF_INET6, port, 0, packed, 0)
    return _SOCKADDR_IN.pack(socket.AF_INET, port, packed)


def _unpack(room: bytes) -> Address | None:
    (family,) = struct.unpack_from("=H", room)
    if family == socket.AF_INET:
        _, port, packed = _SOCKADDR_IN.unpack_from(room)
    elif family == socket.AF_INET6:
        _, port, _, packed, _ = _SOCKADDR_IN6.unpack_from(room)
    else:
        return None
    return Address(socket.inet_ntop(family, packed), int.from_bytes(port, "big"))
