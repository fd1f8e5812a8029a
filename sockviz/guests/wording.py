"""What a call of strace's is about, in our own words: its descriptor, its arguments, its data. Pure.

Nothing that a program does can make these fail: what is not understood is left as it is, or left out.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from sockviz import addresses

ARGS_SHOWN: Final = 120
"""Characters of arguments that are given as strace prints them."""
DATA_SHOWN: Final = 64
"""Bytes of what was sent or received."""
_MOST: Final = 64
"""Arguments that are looked at."""
_DIGITS: Final = 18
"""Of a count of bytes: so many fit into 64 bits."""

SENDING: Final = {"write": 2, "send": 2, "sendto": 2, "sendmsg": None, "writev": None, "sendfile": 3}
"""Call → which argument says how much; None: the lengths of its pieces."""
RECEIVING: Final = {"read": 2, "recv": 2, "recvfrom": 2, "recvmsg": None, "readv": None}
WITH_SOCKET: Final = frozenset(
    {
        "bind",
        "connect",
        "listen",
        "accept",
        "accept4",
        "shutdown",
        "close",
        "setsockopt",
        *SENDING,
        *RECEIVING,
    }
)
"""Calls whose first argument is the socket that they are about."""

_FILE: Final = re.compile(r"(\d{1,10})(?:<((?:->|[^<>])*)>)?", re.ASCII)
_ENDS: Final = re.compile(r"(TCP|UDP)(?:v6)?:\[(\S+?)(?:->(\S+))?\]", re.ASCII)
_FOUR: Final = re.compile(r"sin_port=htons\((\d{1,5})\), sin_addr=inet_addr\(\"([0-9.]{7,15})\"\)", re.ASCII)
_SIX: Final = re.compile(
    r"sin6_port=htons\((\d{1,5})\).*?inet_pton\(AF_INET6, \"([0-9a-fA-F:.]{2,45})\"", re.ASCII
)
_LENGTH: Final = re.compile(r"iov_len=(\d{1,18})", re.ASCII)
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-f]{2})|(.))", re.DOTALL)
_PLAIN: Final = {"n": 10, "t": 9, "r": 13, "v": 11, "f": 12, "a": 7, "b": 8}
_DECORATION: Final = re.compile(r"(?<=[\w/])<(?:->|[^<>])*>")


class File(NamedTuple):
    """A descriptor, and what strace says it stands for."""

    fd: int
    protocol: str
    """`tcp`, `udp`; empty: no such socket, or nobody knows."""
    local: str | None
    remote: str | None


def arguments(text: str) -> list[str]:
    """The arguments of a call, as they are printed; quotes and brackets hold together."""
    return list(_split(text))


def _split(text: str) -> Iterator[str]:
    depth, start, quoted, escaped, count = 0, 0, False, False, 0
    for place, one in enumerate(text):
        if quoted:
            escaped, quoted = one == "\\" and not escaped, one != '"' or escaped
        elif one == '"':
            quoted = True
        elif one in "([{<":
            depth += 1
        elif one in ")]}" or (one == ">" and text[place - 1 : place] not in {"-", "="}):
            depth = max(depth - 1, 0)
        elif one == "," and not depth and count < _MOST:
            yield text[start:place].strip()
            start, count = place + 1, count + 1
    if text[start:].strip():
        yield text[start:].strip()


def file(argument: str) -> File | None:
    """`4<TCP:[10.0.0.1:8001->10.0.0.2:44734]>`; None: it is no descriptor."""
    found = _FILE.match(argument)
    if found is None:
        return None
    return File(int(found[1]), *ends(found[2] or ""))


def ends(text: str) -> tuple[str, str | None, str | None]:
    """`TCP:[10.0.0.1:8001->10.0.0.2:44734]` → protocol and both addresses, as far as they are told."""
    found = _ENDS.fullmatch(text)
    if found is None:
        return "", None, None
    return found[1].lower(), address(found[2]), address(found[3] or "")


def address(text: str) -> str | None:
    """An address in its one form; IPv4 in IPv6 as what it is, since that is what is on the wire."""
    try:
        return str(addresses.parse(text).plain)
    except ValueError:
        return None


def peer(argument: str) -> str | None:
    """The address in a `struct sockaddr_in` or `sockaddr_in6`."""
    if found := _FOUR.search(argument):
        return address(f"{found[2]}:{found[1]}")
    if found := _SIX.search(argument):
        return address(f"[{found[2]}]:{found[1]}")
    return None


def data(text: str) -> bytes:
    """The beginning of what was sent or received: the first string of the arguments."""
    found = _STRING.search(text)
    if found is None:
        return b""
    return _ESCAPE.sub(_unescape, found[1]).encode("latin-1", "replace")[:DATA_SHOWN]


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 8) & 0xFF)
    if found[2]:
        return chr(int(found[2], 16))
    return chr(_PLAIN[found[3]]) if found[3] in _PLAIN else found[3]


def words(name: str, given: list[str]) -> str:
    """The arguments without the descriptor, as of our own programs' calls where they have such a call."""
    rest = given[1:]
    if name == "socket":
        return plain(", ".join(given[:2]))
    if name in _FORMS:
        return _FORMS[name](rest)
    if name in SENDING:
        count = _amount(given, SENDING[name])
        to = peer(rest[3]) if name == "sendto" and len(rest) > 3 else None  # noqa: PLR2004 - sendto(2)
        return ", ".join(part for part in (_bytes(count), to) if part)
    if name in RECEIVING:
        count = _amount(given, RECEIVING[name])
        return "" if count is None else f"up to {_bytes(count)}"
    return plain(", ".join(given))


def plain(text: str) -> str:
    """As strace prints it, without what it says of descriptors, and not too long."""
    text = _DECORATION.sub("", _DECORATION.sub("", text))  # `0</dev/pts/2<char 136:2>>`
    return text if len(text) <= ARGS_SHOWN else text[: ARGS_SHOWN - 1] + "…"


def _amount(given: list[str], which: int | None) -> int | None:
    if which is None:
        found = [int(one) for one in _LENGTH.findall(", ".join(given))]
        return sum(found) if found else None
    told = given[which] if len(given) > which else ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= _DIGITS else None


def _bytes(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count} byte" if count == 1 else f"{count} bytes"


def _backlog(rest: list[str]) -> str:
    return f"backlog={rest[0]}" if rest else ""


def _where(rest: list[str]) -> str:
    return peer(rest[0]) or plain(rest[0]) if rest else ""


_FORMS: Final[Mapping[str, Callable[[list[str]], str]]] = {
    "bind": _where,
    "connect": _where,
    "listen": _backlog,
    "accept": lambda _: "",
    "accept4": lambda _: "",
    "close": lambda _: "",
    "shutdown": lambda rest: plain(rest[0]) if rest else "",
    "setsockopt": lambda rest: plain(", ".join(rest[:3])),
}
