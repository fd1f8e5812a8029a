"""Words for the text export: what a call, an end and a time look like. Pure."""

from typing import Final

from sockviz.harmless import replaced
from sockviz.tcp.states import State
from sockviz.world.model import Arrow, Endpoint, Provenance, SystemCall, Transition
from sockviz.world.names import ALIASES, WAITING, canonical

_WIRE = {
    "operator": "taken off the wire",
    "cut": "the wire is cut",
    "nobody": "no host has that address",
    "resent": "a repetition of what the wire still holds, or holds the answer to",
}
"""`SegmentDropped.cause` in words."""

BLOCKING: Final = frozenset({"accept", "connect", "recv", "send", *ALIASES, *WAITING})
"""Calls that may take long; the others are told at once with what came of them."""


def seconds(t: int) -> str:
    """A time of the recording in nine columns, to the microsecond while that fits: `12.480123`."""
    return f"{t / 1e9:.6f}"[:9].rstrip(".")


def cause(arrow: Arrow) -> str:
    """Why a segment did not get anywhere."""
    return replaced(_WIRE.get(arrow.cause or "", arrow.cause or ""))


def entered(call: SystemCall) -> str:
    """`#1 connect(3, 10.0.0.1:8001)`, as strace has it, but for what nobody asks for."""
    arguments = [str(call.fd)] if call.fd is not None else []
    if call.name == "setsockopt":
        arguments += call.args.split(", ")[1:2]
    elif call.args and canonical(call.name) != "recv":
        arguments.append(call.args)
    return replaced(f"{number(call.connection)} {call.name}({', '.join(arguments)})".strip())


def returned(call: SystemCall) -> str:
    """`#1 connect(3) = 0`."""
    fd = "" if call.fd is None else call.fd
    return replaced(f"{number(call.connection)} {call.name}({fd}) {outcome(call)}".strip())


def outcome(call: SystemCall) -> str:
    """`= 4`, `= -1 ECONNREFUSED`; empty: it has not returned, or its program ended in it."""
    if call.result is None:
        return ""
    return f"= {call.result} {replaced(call.error)}" if call.error else f"= {call.result}"


def state(transition: Transition) -> str:
    """`SYN_RECV`, with a star if no sample shows it."""
    return transition.after.value + ("" if transition.provenance is Provenance.SAMPLED else "*")


def number(connection: int | None) -> str:
    """`#3`, or nothing for what belongs to no connection."""
    return "" if connection is None else f"#{connection}"


def owner(end: Endpoint, program: str) -> str:
    """Who holds the descriptor: `server fd 4`, `no owner`; nothing for an end that is gone."""
    if end.fd is not None:
        return replaced(f"{program or f'pid {end.pid}'} fd {end.fd}")
    return "" if end.state is State.CLOSED else "no owner"
