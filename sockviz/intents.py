"""What an operator (or a scenario, or a lesson) asks of a running engine: JSON lines on its standard input.

An intent is a wish, not a fact: what really happened comes back as events. An intent that can't be carried
out comes back as `request_refused`.
"""

import re
from typing import Literal, TypeAlias

import msgspec

Mode: TypeAlias = Literal["flow", "hold", "cut"]
"""What the wire does with what is put on it."""


def _tag(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Intent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="intent", tag=_tag):
    """A wish."""


class Connect(Intent, frozen=True):
    """Start `count` client processes, each with one blocking connect() to the listener."""

    count: int = 1


class Call(Intent, frozen=True):
    """Have one program make one call.

    Calls on one descriptor are made one after the other by the thread of that descriptor. `close` and
    `abort` on a descriptor whose thread is blocked interrupt the blocked call first (it returns EINTR).
    """

    host: str
    pid: int
    name: Literal[
        "socket",
        "bind",
        "listen",
        "accept",
        "connect",
        "send",
        "recv",
        "shutdown",
        "close",
        "abort",
        "interrupt",
    ]
    """`abort`: setsockopt(SO_LINGER, 0) and close(): sends RST. `interrupt`: a signal, the blocked call
    returns EINTR. `socket` + `bind` + `listen` on the server re-open a closed listener."""
    fd: int | None = None
    data: bytes = b""
    """send: what to send."""
    size: int = 65536
    """recv: how much to ask for."""
    how: Literal["rd", "wr", "rdwr"] = "wr"
    """shutdown."""
    backlog: int = 0
    """listen."""
    address: str = ""
    """bind, connect: empty for the run's own server address."""


class Open(Intent, frozen=True):
    """The server opens the listener again: socket, SO_REUSEADDR, bind, listen with the run's backlog."""


class SetAccept(Intent, frozen=True):
    """`auto`: the server always has an accept() outstanding; `manual`: only when told; `never`."""

    mode: Literal["auto", "manual", "never"]


class SetBacklog(Intent, frozen=True):
    """Call listen(fd, backlog) again on the live listener."""

    backlog: int


class Wire(Intent, frozen=True):
    """Change the wire's mode and its one-way delay. `delay` in ns, None: as it is."""

    mode: Mode | None = None
    delay: int | None = None


class Release(Intent, frozen=True):
    """Let held segments go: one by id, the oldest (id None), or all."""

    id: int | None = None
    all: bool = False


class Drop(Intent, frozen=True):
    """Take a segment that is on the wire off it; None: the oldest."""

    id: int | None = None


class Mark(Intent, frozen=True):
    """Set a mark in the recording."""

    text: str


class Quit(Intent, frozen=True):
    """End the run in order: programs end, namespaces go, `ended` is the last event."""


AnyIntent: TypeAlias = Connect | Call | Open | SetAccept | SetBacklog | Wire | Release | Drop | Mark | Quit

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyIntent] = msgspec.json.Decoder(AnyIntent)


def encode(intent: Intent) -> bytes:
    """One intent as one JSON line."""
    return _ENCODER.encode(intent) + b"\n"


def decode(line: bytes | str) -> AnyIntent:
    """Read one line.

    Raises:
        msgspec.DecodeError: not JSON, or not an intent.
    """
    return _DECODER.decode(line)


class Setup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an engine is to be started: the one argument of `python -m sockviz.engine`, as JSON."""

    source: Literal["lab", "loopback"] = "lab"
    port: int = 8001
    backlog: int = 2
    accept: Literal["auto", "manual", "never"] = "manual"
    ipv6: bool = False
    mode: Literal["flow", "hold"] = "flow"
    delay: int = 0
    """One-way delay of the lab's wire, ns."""
