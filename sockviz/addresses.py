"""Addresses as text: `10.0.0.1:8001`, `[fd00::1]:8001`. Pure; no look-ups of names.

Everything of ours names a socket's address this way (`sockviz.events`); what talks to the kernel converts
here.
"""

import contextlib
import re
import socket
from typing import Final, NamedTuple

_FORM: Final = re.compile(r"(?:\[(?P<six>[^\]]*)\]|(?P<four>[^:]*)):(?P<port>[0-9]{1,5})", re.ASCII)
_MAPPED: Final = "::ffff:"
_LARGEST_PORT: Final = 0xFFFF


class Address(NamedTuple):
    """An IP address (no zone) and a port."""

    ip: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        """AF_INET or AF_INET6."""
        return socket.AF_INET6 if ":" in self.ip else socket.AF_INET

    @property
    def plain(self) -> "Address":
        """An IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2) as what it is.

        The sockets of a dual-stack listener have it mapped, and the packets don't.
        """
        return self._replace(ip=self.ip.removeprefix(_MAPPED)) if "." in self.ip else self

    def __str__(self) -> str:
        """As in `sockviz.events`."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


def parse(text: str) -> Address:
    """`10.0.0.1:8001` or `[fd00::1]:8001`; an IPv6 address is brought into its one written form (RFC 5952).

    Raises:
        ValueError: it is neither; the message says what was read.
    """
    match = _FORM.fullmatch(text)
    if match and int(match["port"]) <= _LARGEST_PORT:
        family = socket.AF_INET if match["six"] is None else socket.AF_INET6
        with contextlib.suppress(OSError):
            packed = socket.inet_pton(family, match["six"] or match["four"] or "")
            return Address(socket.inet_ntop(family, packed), int(match["port"]))
    raise ValueError(f"{text!r} is no address like 127.0.0.1:8001 or [::1]:8001")


def unspecified(family: int) -> Address:
    """What stands for the peer of a listener: `0.0.0.0:0` or `[::]:0`."""
    return Address("::" if family == socket.AF_INET6 else "0.0.0.0", 0)
