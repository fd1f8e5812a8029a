"""What the engine and a keeper say to each other: one JSON object a line. Pure: structs and their codecs."""

from typing import TypeAlias

import msgspec

from sockviz.programs.messages import Order, Reply


class Kill(Order, frozen=True, tag="kill"):
    """To a keeper: send a signal to one of its processes."""

    request: int
    pid: int
    number: int


class Leave(Order, frozen=True, tag="leave"):
    """To a keeper: have its processes end, and end."""


class Begun(Reply, frozen=True, tag="_begun"):
    """The program runs."""

    pid: int
    t: int
    tracer: int | None = None
    """The process that follows its calls; None: nobody does."""
    adopts: int | None = None
    """Who becomes the parent of what its parent leaves behind, if that is not the keeper."""
    user: str = ""
    """Who runs it."""
    untraced: str = ""
    """Why nobody follows them, though somebody should; a clause."""


class NotBegun(Reply, frozen=True, tag="_not_begun"):
    """The program could not be executed."""

    reason: str
    """A clause."""


class Killed(Reply, frozen=True, tag="_killed"):
    """Answers `Kill`."""

    request: int
    error: str = ""
    """Why not; empty: done."""


class Reaped(Reply, frozen=True, tag="_reaped"):
    """A process ended: the program, or one that its parent left behind."""

    pid: int
    status: int
    """Its exit status, or minus the signal that killed it."""
    t: int


FromKeeper: TypeAlias = Begun | NotBegun | Killed | Reaped
ToKeeper: TypeAlias = Kill | Leave

from_keeper: msgspec.json.Decoder[FromKeeper] = msgspec.json.Decoder(FromKeeper)
to_keeper: msgspec.json.Decoder[ToKeeper] = msgspec.json.Decoder(ToKeeper)
