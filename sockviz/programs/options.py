"""Socket options by their names: how each is set, and how strace prints it. Pure.

The names and what they count are those of socket(7), tcp(7) and ipv6(7).
"""

import socket
import struct
from typing import Final, NamedTuple, get_args

from sockviz.intents import Option

_LEVELS: Final = {
    "SO_": ("SOL_SOCKET", socket.SOL_SOCKET),
    "TCP_": ("SOL_TCP", socket.IPPROTO_TCP),
    "IPV6_": ("SOL_IPV6", socket.IPPROTO_IPV6),
}
_INT: Final = struct.Struct("=i")
_LINGER: Final = struct.Struct("=ii")


class Setting(NamedTuple):
    """What setsockopt() is called with, besides the descriptor."""

    level: int
    option: int
    value: bytes
    """An int of C, or a `struct linger`."""
    args: str
    """`SOL_SOCKET, SO_REUSEADDR, [1]`"""


def setting(option: Option, value: int) -> Setting:
    """How `option` is set to `value`; for SO_LINGER seconds, -1 being off.

    Raises:
        ValueError: it does not fit into an int of C.
    """
    if not -(2**31) <= value < 2**31:
        raise ValueError(f"{value} does not fit into an int of C")
    name, level = next(known for prefix, known in _LEVELS.items() if option.startswith(prefix))
    number = _NUMBERS[option]
    if option == "SO_LINGER":
        on, seconds = int(value >= 0), max(value, 0)
        shown = f"{{l_onoff={on}, l_linger={seconds}}}"
        return Setting(level, number, _LINGER.pack(on, seconds), f"{name}, {option}, {shown}")
    return Setting(level, number, _INT.pack(value), f"{name}, {option}, [{value}]")


_NUMBERS: Final[dict[str, int]] = {option: getattr(socket, option) for option in get_args(Option)}
