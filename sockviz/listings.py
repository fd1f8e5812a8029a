"""The toy programs' source, to be shown: in Python and in C, and which line makes which call.

The files are `sockviz/programs/source/*`; they are read as text, never imported. Which line a call is on is
found in them, so it can't go stale.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["server", "client"]
Language: TypeAlias = Literal["python", "c"]
Protocol: TypeAlias = Literal["tcp", "udp"]

CALLS: Final = (
    "socket",
    "setsockopt",
    "bind",
    "listen",
    "accept",
    "connect",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "close",
)
"""System calls, by the names that `events.CallEntered` has."""

_FOLDER: Final = Path(__file__).parent / "programs" / "source"
_SUFFIX: Final = {"python": ".py", "c": ".c"}
_METHODS: Final = {"socket": "socket", "send": "sendall"}
"""What Python's socket module calls them, where that differs."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One program."""

    name: str
    """`server.py`"""
    lines: tuple[str, ...]
    """Without line ends; the first is line 1."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """System call → the number of its line; `close` is that of a connection."""
    closes_listener: int | None = None
    """The line that closes the listening socket; None: there is none, or it does not."""

    @property
    def path(self) -> Path:
        """Where it is; it can be run."""
        return _FOLDER / self.name

    def line(self, call: str, *, listening: bool = False) -> int | None:
        """The line of a call, `listening`: of one on the listening socket; None: there is no such line."""
        if call == "close" and listening:
            return self.closes_listener
        return self.calls.get(call)

    def where(self, text: str) -> int | None:
        """The first line that has this in it, `htons(` for example."""
        return next((number for number, line in enumerate(self.lines, 1) if text in line), None)


@cache
def listing(role: Role, language: Language, protocol: Protocol = "tcp") -> Listing:
    """The program that plays a role."""
    name = f"{'udp_' if protocol == 'udp' else ''}{role}{_SUFFIX[language]}"
    lines = tuple((_FOLDER / name).read_text(encoding="utf-8").splitlines())
    found: dict[str, list[int]] = {}
    for call in CALLS:
        form = re.compile(rf"\.{_METHODS.get(call, call)}\(" if language == "python" else rf"\b{call}\(")
        found[call] = [number for number, line in enumerate(lines, 1) if form.search(line)]
    calls = {call: numbers[0] for call, numbers in found.items() if numbers}
    both = found["close"] if "listen" in calls else []
    return Listing(name, lines, calls, both[-1] if len(both) > 1 else None)
