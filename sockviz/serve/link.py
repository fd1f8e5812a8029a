"""Where the server listens, and by which addresses others reach it."""

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import struct
from typing import Final

from sockviz.errors import UserError

_SIOCGIFADDR: Final = 0x8915
"""An interface's IPv4 address (netdevice(7))."""
_NAME: Final = 256
_ELSEWHERE: Final = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses for documentation (RFC 5737, RFC 3849); nothing is sent there."""
_WAITING: Final = 128


def listen(address: str, port: int | None, usual: int) -> socket.socket:
    """A listening socket; `port` None: `usual`, or any if that is in use.

    Raises:
        UserError: it can't be had there.
    """
    try:
        return _bound(address, port or usual)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and port is None:
            return _bound(address, 0)
        where = f"{_bracketed(address)}:{port or usual}"
        raise _refused(error, where) from None


def _bound(address: str, port: int) -> socket.socket:
    six = ":" in address
    return socket.create_server(
        (address, port),
        family=socket.AF_INET6 if six else socket.AF_INET,
        backlog=_WAITING,
        dualstack_ipv6=address == "::" and socket.has_dualstack_ipv6(),
    )


def _refused(error: OSError, where: str) -> UserError:
    match error.errno:
        case errno.EADDRINUSE:
            return UserError(f"{where} is in use", "choose another port with --http-port", "port-in-use")
        case errno.EADDRNOTAVAIL:
            return UserError(
                f"{where} is no address of this machine", "0.0.0.0 means all that it has", "no-address"
            )
        case errno.EACCES:
            return UserError(f"you may not listen at {where}", "choose a port above 1023", "not-permitted")
    return UserError(f"can't listen at {where}: {os.strerror(error.errno or 0)}", kind="no-address")


def is_private(address: str) -> bool:
    """Only this machine reaches it."""
    return ipaddress.ip_address(address).is_loopback


def reachable(address: str) -> list[str]:
    """The addresses by which others reach what listens at `address`; the likeliest first.

    Of a machine without a network its own one, that nobody else reaches.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        return [address]
    found = [_towards(socket.AF_INET), *_of_interfaces()]
    if address == "::":
        found.append(_towards(socket.AF_INET6))
    good = [one for one in dict.fromkeys(found) if one and not is_private(one)]
    return good or ["::1" if address == "::" else "127.0.0.1"]


def _towards(family: socket.AddressFamily) -> str:
    """Our address on the way to the rest of the world; empty: there is no way."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((_ELSEWHERE[family], 9))
        return str(probe.getsockname()[0])
    return ""


def _of_interfaces() -> list[str]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # it has none
                asked = struct.pack(f"{_NAME}s", os.fsencode(name))
                answer = fcntl.ioctl(any_socket, _SIOCGIFADDR, asked)
                found.append(socket.inet_ntoa(answer[20:24]))
    return found


def link(address: str, port: int, key: str, public_url: str = "") -> str:
    """What others open."""
    return f"{public_url or f'http://{_bracketed(address)}:{port}'}/{key}"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
