"""Who may come in: the key in the link, the cookie that it is changed for, Host and Origin. Pure.

The key is in the link that the teacher shows. The first page sets a cookie for it, so that it is neither in
the address bar nor in what the browser tells others. A page from elsewhere has neither: its requests bring no
cookie (SameSite=Strict), its name is no name of ours (DNS rebinding), and its Origin is not our Host
(cross-site WebSocket hijacking; RFC 6455, section 10.2, leaves that to the server).
"""

import ipaddress
import secrets
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letters that look like others."""
_LIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})
_GROUPS: Final = 4
_GROUP: Final = 4


def new_key() -> str:
    """80 bits from the kernel's generator, short enough to be typed: `k7mq-0x4r-…`."""
    letters = [secrets.choice(ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def host_of(authority: str) -> str:
    """The name in `name:port`, in small letters; an IPv6 address without brackets. Empty: it is none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


class Gate:
    """Decides."""

    def __init__(self, port: int, public_url: str = "", names: Iterable[str] = ()) -> None:
        """A new key and a new cookie.

        Args:
            port: of the server: browsers share cookies between all ports of a host, so it is in its name.
            public_url: what others open instead of the server's address.
            names: of this machine, besides its addresses.
        """
        self.key: Final = new_key()
        self.cookie_name: Final = f"sockviz-{port}"
        self.cookie: Final = secrets.token_urlsafe(32)
        public = urlsplit(public_url)
        self.secure: Final = public.scheme == "https"
        """The cookie is for encrypted connections only."""
        self._origin = f"{public.scheme}://{public.netloc}".lower() if public_url else ""
        self._names = {"localhost", *(name.lower() for name in names if name)}
        if public.hostname:
            self._names.add(public.hostname)

    def has_key(self, given: str) -> bool:
        """Whether somebody has the link; how long that takes to say tells nothing of the key."""
        return secrets.compare_digest(_plain(given), _plain(self.key))

    def knows(self, cookie: str) -> bool:
        """Whether somebody had the link before."""
        return secrets.compare_digest(_bytes(cookie), _bytes(self.cookie))

    def is_ours(self, authority: str) -> bool:
        """Whether `Host` is an address, which nobody can rebind, or a name of ours."""
        name = host_of(authority)
        return name in self._names or _is_address(name)

    def from_here(self, origin: str, authority: str) -> bool:
        """Whether a page of ours asks: its `Origin` is where it came from (`Host`), or the public address."""
        given = origin.lower()
        if self._origin and given == self._origin:
            return True
        return given in {f"http://{authority}".lower(), f"https://{authority}".lower()}


def own_names() -> set[str]:
    """What this machine is called by itself and its neighbours."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return {name, short, f"{short}.local"}


def _plain(key: str) -> bytes:
    return _bytes(key.lower().translate(_LIKE))


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
