"""Where each packet on the wire is at the playhead: pure kinematics, no drawing.

A packet that flows moves evenly from `sent` to `due`. One that is held goes to the middle and stands there
until it is released, then goes on from where it stood and arrives at `due`. On loopback nothing says
beforehand when a segment will arrive; there the arrow that the recording holds does.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

from sockviz.events import Segment
from sockviz.tui.view import StageView
from sockviz.world.model import Arrow, InFlight, Wire, World

MIDDLE: Final = 0.5
LINGER: Final = 1_500_000_000
"""How long a lost packet stays on the screen, ns of the recording's time."""


class Fate(Enum):
    """What is happening to a packet."""

    MOVING = "moving"
    HELD = "held"
    LOST = "lost"
    IGNORED = "ignored"
    """It arrived, and the receiving kernel took no notice."""


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One packet to draw. Hundreds of them are made for a frame."""

    id: int
    connection: int | None
    sender: str
    rightward: bool
    """From the client to the server."""
    fraction: float
    """0: leaves the sender, 1: reaches the receiver."""
    fate: Fate
    segment: Segment
    since: int = 0
    """Held or lost since."""
    resent: int = 0
    retransmission: bool = False
    cause: str = ""


def held(world: World) -> tuple[InFlight, ...]:
    """What waits on the wire to be released. Only the lab's holds: elsewhere no `due` means "not known"."""
    return world.wire.held if world.header is None or world.header.source == "lab" else ()


def packets(view: StageView, seen: Mapping[int, float]) -> list[Packet]:
    """All packets to draw at `view.now`, in the order of sending.

    Args:
        view: The frame.
        seen: Segment → the fraction at which it was last drawn: where a lost one was lost.
    """
    wire = view.world.wire
    arrows = {arrow.id: arrow for arrow in view.arrows}
    stopped = {flight.id for flight in held(view.world)}
    found = [
        _flying(flight, wire, arrows.get(flight.id), view.now, held=flight.id in stopped)
        for flight in wire.in_flight.values()
    ]
    found += [
        _fallen(arrow, wire, seen.get(arrow.id))
        for arrow in view.arrows
        if arrow.id not in wire.in_flight and just_fallen(arrow, view.now)
    ]
    return sorted(found, key=lambda packet: packet.id)


def position(flight: InFlight, wire: Wire, arrives: int | None, now: int) -> float:
    """How far a packet on the wire has come; `arrives`: when one without `due` will, if that is known."""
    if flight.released is not None and flight.due is not None:
        start = _towards_middle(flight.released - flight.sent, wire.delay)
        return start + (1 - start) * _share(now - flight.released, flight.due - flight.released)
    due = flight.due if flight.due is not None else arrives
    if due is not None:
        return _share(now - flight.sent, due - flight.sent)
    return _towards_middle(now - flight.sent, wire.delay)


def _flying(flight: InFlight, wire: Wire, arrow: Arrow | None, now: int, *, held: bool) -> Packet:
    arrives = arrow.arrived if arrow and arrow.arrived is not None and arrow.arrived > now else None
    fraction = position(flight, wire, arrives, now)
    return Packet(
        id=flight.id,
        connection=flight.connection,
        sender=flight.sender,
        rightward=flight.sender == "client",
        fraction=fraction,
        fate=Fate.HELD if held and arrives is None and fraction >= MIDDLE else Fate.MOVING,
        segment=flight.segment,
        since=flight.sent,
        resent=flight.resent,
        retransmission=flight.retransmission,
    )


def just_fallen(arrow: Arrow, now: int) -> bool:
    """Lost or ignored within the last `LINGER`; a copy that the wire did not take counts on the first."""
    end = arrow.dropped if arrow.dropped is not None else arrow.arrived if arrow.ignored else None
    return end is not None and 0 <= now - end < LINGER and arrow.cause != "resent"


def _fallen(arrow: Arrow, wire: Wire, last: float | None) -> Packet:
    end = arrow.dropped if arrow.dropped is not None else arrow.arrived or arrow.sent
    lost = arrow.dropped is not None
    if lost and last is None:
        last = _towards_middle(end - arrow.sent, wire.delay)
    return Packet(
        id=arrow.id,
        connection=arrow.connection,
        sender=arrow.sender,
        rightward=arrow.sender == "client",
        fraction=last if lost and last is not None else 1.0,
        fate=Fate.LOST if lost else Fate.IGNORED,
        segment=arrow.segment,
        since=end,
        retransmission=arrow.retransmission,
        cause=arrow.cause or "",
    )


def _towards_middle(elapsed: int, delay: int) -> float:
    return MIDDLE * _share(2 * elapsed, delay)


def _share(elapsed: int, whole: int) -> float:
    return 1.0 if whole <= 0 else min(1.0, max(0.0, elapsed / whole))
