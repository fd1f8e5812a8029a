"""Addresses as texts: their ports, and which listener an address may belong to.

They come from a recording, which may hold anything: what is no address has port 0 and belongs to nobody.
"""

from typing import Final

_MAPPED: Final = "[::ffff:"
_LONGEST: Final = 5
"""Digits of a port."""


def port_of(address: str) -> int:
    """The port of `127.0.0.1:80`, `[::1]:80`; 0: it has none."""
    port = address.rpartition(":")[2]
    return int(port) if port.isascii() and port.isdecimal() and len(port) <= _LONGEST else 0


def plain(address: str) -> str:
    """An IPv4 address inside an IPv6 one (RFC 4291 §2.5.5.2) as what it is: `192.0.2.1:5000`.

    A dual-stack listener's rows have it mapped, and the packets don't.
    """
    if address.startswith(_MAPPED) and "." in address:
        ip, _, port = address[len(_MAPPED) :].rpartition("]:")
        return f"{ip}:{port}"
    return address


def wildcards(local: str) -> tuple[str, ...]:
    """The addresses of listeners for any address that may have this one's connections."""
    port = local.rpartition(":")[2]
    return (f"[::]:{port}",) if local.startswith("[") else (f"0.0.0.0:{port}", f"[::]:{port}")
