"""What the engine, a host process and a program say to each other: one JSON object a line, over socket pairs.

The programs' events (`sockviz.events`) travel among these as they are. Each request carries a number, and is
answered once by a reply with the same number. Pure: structs and their codecs.
"""

from typing import TypeAlias

import msgspec

from sockviz import intents
from sockviz.events import (
    CallEntered,
    CallReturned,
    CounterRaised,
    ListenerGone,
    ListenerSampled,
    SocketsSampled,
)
from sockviz.guests.processes import Process
from sockviz.harmless import to_json


class RefusedError(Exception):
    """An order that can't be carried out; the text is one sentence for the operator."""


class EndedError(RefusedError):
    """A program ended before it had answered, perhaps in the middle of the call; its end is an event."""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="order"):
    """From the engine, to a host process or a program."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """To the engine. Tagged like an event, since both come on one socket."""


class Perform(Order, frozen=True, tag="perform"):
    """To a program: make a call."""

    request: int
    call: intents.Call


class AskListeners(Order, frozen=True, tag="ask_listeners"):
    """To a program: how long are your listeners' queues?"""

    request: int


class Configure(Order, frozen=True, tag="configure"):
    """To a host process: the network is there, set yourself up."""

    request: int


class Spawn(Order, frozen=True, tag="spawn"):
    """To a host process: fork a program. The program's end of its socket comes along (SCM_RIGHTS)."""

    request: int
    host: str
    program: str
    address: str
    """The run's server address: where bind and connect go when they are given none."""
    first_call: int
    """The program numbers its calls from here."""


class RunGuest(Order, frozen=True, tag="run_guest"):
    """To a host process: make a keeper that starts one of the user's programs.

    With it come the keeper's end of its socket, the program's terminal, and, if its calls are to be
    followed, where strace writes to.
    """

    request: int
    program: str
    argv: tuple[str, ...]
    columns: int
    """Of the terminal; and `rows`."""
    rows: int
    environment: dict[str, str] = {}
    directory: str = ""
    followed: bool = True


class TakeSample(Order, frozen=True, tag="take_sample"):
    """To a host process: read the socket table and the counters."""

    request: int
    datagrams: bool = False
    """The UDP sockets too."""
    blocked: bool = False
    """Also what the user's programs are blocked in."""


class SetSysctl(Order, frozen=True, tag="set_sysctl"):
    """To a host process: change a setting of its network namespace."""

    request: int
    name: str
    value: str


class Exit(Order, frozen=True, tag="exit"):
    """End."""


class Performed(Reply, frozen=True, tag="_performed"):
    """The order was carried out: its call, or the last of several, returned."""

    request: int
    returned: CallReturned
    """`interrupt`: what the interrupted call returned."""


class Refused(Reply, frozen=True, tag="_refused"):
    """The order could not be carried out: one sentence that says why."""

    request: int
    reason: str


class ListenerQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A listener's accept queue, from its own TCP_INFO."""

    fd: int
    local: str
    depth: int
    limit: int


class Listeners(Reply, frozen=True, tag="_listeners"):
    """Answers `AskListeners`; the queues were read at `t`."""

    request: int
    t: int
    queues: tuple[ListenerQueue, ...] = ()


class Done(Reply, frozen=True, tag="_done"):
    """A host process has done what was asked (request 0: it is prepared)."""

    request: int
    pid: int = 0
    """Of the program that was spawned."""
    t: int = 0


class SysctlSet(Reply, frozen=True, tag="_sysctl_set"):
    """A host process has changed a setting, at `t`."""

    request: int
    value: str
    """As it can be read now."""
    t: int


class Failed(Reply, frozen=True, tag="_failed"):
    """A host process could not do it: a `UserError`, or (kind `internal`) the text of another exception."""

    request: int
    message: str
    hint: str = ""
    kind: str = ""


class Sampled(Reply, frozen=True, tag="_sampled"):
    """What a host process read: a `SocketsSampled` for each of its host names, also where nothing changed."""

    request: int
    sockets: tuple[SocketsSampled, ...]
    counters: tuple[CounterRaised, ...] = ()
    listeners: tuple[ListenerSampled | ListenerGone, ...] = ()
    """Of the user's programs: those that changed."""
    processes: tuple[Process, ...] | None = None
    """The user's programs, and all that came of them; None: as before."""
    half_open: dict[str, int] = {}
    """Rows SYN_RECV by their local address."""
    cost: int = 0
    """Processor time that it took, ns."""


class Died(Reply, frozen=True, tag="_died"):
    """A program ended. `status`: its exit status, or minus the signal that killed it."""

    pid: int
    status: int
    t: int


FromProgram: TypeAlias = CallEntered | CallReturned | Performed | Refused | Listeners
FromHost: TypeAlias = Done | Failed | Sampled | SysctlSet | Died
ToProgram: TypeAlias = Perform | AskListeners | Exit
ToHost: TypeAlias = Configure | Spawn | RunGuest | TakeSample | SetSysctl | Exit

_ENCODER = msgspec.json.Encoder()

from_program: msgspec.json.Decoder[FromProgram] = msgspec.json.Decoder(FromProgram)
from_host: msgspec.json.Decoder[FromHost] = msgspec.json.Decoder(FromHost)
to_program: msgspec.json.Decoder[ToProgram] = msgspec.json.Decoder(ToProgram)
to_host: msgspec.json.Decoder[ToHost] = msgspec.json.Decoder(ToHost)


def encode(message: msgspec.Struct) -> bytes:
    """One message as one JSON line, newline included."""
    return to_json(_ENCODER, message) + b"\n"
