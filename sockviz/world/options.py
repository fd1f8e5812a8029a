"""Socket options as setsockopt() was called with them, and what follows from those that are set. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_FORM: Final = re.compile(r"\w+, (?P<name>\w+), (?P<value>.*)")
_LINGER: Final = re.compile(r"\{(?:l_onoff=)?([0-9]+), (?:l_linger=)?([0-9]+)\}")


def named(args: str) -> tuple[str, str] | None:
    """`SOL_SOCKET, SO_REUSEADDR, [1]` → (`SO_REUSEADDR`, `1`); None: it is not written like that."""
    match = _FORM.fullmatch(args)
    return None if match is None else (match["name"], match["value"].strip("[]"))


def resets(options: Mapping[str, str]) -> bool:
    """close() will send RST: SO_LINGER with time 0 (socket(7))."""
    match = _LINGER.fullmatch(options.get("SO_LINGER", ""))
    return match is not None and match[1] != "0" and match[2] == "0"


def defers(options: Mapping[str, str]) -> bool:
    """A listener leaves connections half-open until data arrives (tcp(7), TCP_DEFER_ACCEPT)."""
    return options.get("TCP_DEFER_ACCEPT", "0") != "0"
