"""A program, its descriptors, and the calls that it makes: part of the world (`sockviz.world.model`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SystemCall:
    """A call that a program is in, or has made."""

    id: int
    host: str
    pid: int
    thread: str
    name: str
    fd: int | None
    args: str
    entered: int
    returned: int | None = None
    """None: still in it."""
    result: int | None = None
    error: str | None = None
    connection: int | None = None
    sampled: bool = False
    """It was read from proc that the thread is blocked in it; `entered` is when that was seen first."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor of a program."""

    fd: int
    kind: str
    """`socket` (neither listening nor connected yet), `listening`, `connected`; `datagram` (UDP), `raw`."""
    connection: int | None = None
    local: str = ""
    remote: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    """What setsockopt() set: `SO_KEEPALIVE` → `1`, `SO_LINGER` → `{l_onoff=1, l_linger=0}`."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process of ours."""

    host: str
    pid: int
    name: str
    running: bool = True
    status: int | None = None
    descriptors: Mapping[int, Descriptor] = field(default_factory=dict)
    calls: Mapping[str, SystemCall] = field(default_factory=dict)
    """Thread → the last call it entered (blocked in it if `returned` is None)."""
    command: str = ""
    """What was run, or the title that it has given itself; empty: it is a program of ours."""
    parent: int | None = None
    """Who forked it; None: it was started by us."""
    output: bytes = b""
    """The last bytes (`OUTPUT_KEPT`) that its terminal showed, raw."""
    printed: int = 0
    """How many bytes that were in all."""
    user: str = ""
    """Who runs it; empty: not known."""
    terminal: tuple[int, int] | None = None
    """Columns and rows of its terminal; None: not known."""
    by_key: bool = False
    """Its terminal hears of each key at once, not of lines."""

    @property
    def blocked(self) -> tuple[SystemCall, ...]:
        """The calls that have not returned."""
        return tuple(call for call in self.calls.values() if call.returned is None)
