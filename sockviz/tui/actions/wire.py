"""What can be done to the wire: release, hold, delay, lose, cut. Pure."""

from bisect import bisect_left, bisect_right

from sockviz import intents
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Action, Controls, Group, Situation

MS = 1_000_000
DELAYS = tuple(ms * MS for ms in (0, 50, 100, 200, 400, 800, 1600, 3200))
"""One-way delays, ns."""

HOLDS = (*guards.RUNNING, guards.cannot_hold)


def release_next(situation: Situation, do: Controls) -> None:
    """The oldest held segment that is no repetition."""
    flight = target.next_held(situation.world)
    do.run.send(intents.Release(id=flight.id if flight else None))


def release_all(_situation: Situation, do: Controls) -> None:
    """Everything that is held now."""
    do.run.send(intents.Release(all=True))


def release_selected(situation: Situation, do: Controls) -> None:
    """Out of order, if the operator likes."""
    do.run.send(intents.Release(id=situation.selection.segment))


def hold_or_flow(situation: Situation, do: Controls) -> None:
    """The other of the two."""
    do.run.send(intents.Wire(mode="flow" if situation.world.wire.mode == "hold" else "hold"))


def cut_or_mend(situation: Situation, do: Controls) -> None:
    """A mended wire holds, so that nothing moves by surprise."""
    do.run.send(intents.Wire(mode="hold" if situation.world.wire.mode == "cut" else "cut"))


def lose(situation: Situation, do: Controls) -> None:
    """The selected segment if it is still on the wire, else the next one, else the oldest."""
    chosen, following = situation.selection.segment, target.next_held(situation.world)
    if chosen not in situation.world.wire.in_flight:
        chosen = following.id if following else None
    do.run.send(intents.Drop(id=chosen))


def shorter(situation: Situation, do: Controls) -> None:
    """The next smaller delay of the scale."""
    at = bisect_left(DELAYS, situation.world.wire.delay)
    do.run.send(intents.Wire(delay=DELAYS[max(at - 1, 0)]))


def longer(situation: Situation, do: Controls) -> None:
    """The next greater delay of the scale."""
    at = bisect_right(DELAYS, situation.world.wire.delay)
    do.run.send(intents.Wire(delay=DELAYS[min(at, len(DELAYS) - 1)]))


def at_shortest(situation: Situation) -> str | None:
    """The scale's end."""
    return "The delay is 0 already." if situation.world.wire.delay <= DELAYS[0] else None


def at_longest(situation: Situation) -> str | None:
    """The scale's other end."""
    if situation.world.wire.delay < DELAYS[-1]:
        return None
    return f"The delay is as long as it gets: {DELAYS[-1] // MS} ms."


ACTIONS = (
    Action(
        id="release-next", keys=("n",), group=Group.WIRE, label="next segment", short="next",
        help="Let the oldest held segment go on its way (repetitions last).",
        run=release_next, unless=(*HOLDS, guards.nothing_held),
    ),
    Action(
        id="release-all", keys=("N",), group=Group.WIRE, label="release all",
        face=lambda _: ("all", "all"),
        help="Let everything go that is held now.",
        run=release_all, unless=(*HOLDS, guards.nothing_held),
    ),
    Action(
        id="release-selected", keys=("g",), group=Group.WIRE, label="release selected",
        face=lambda _: ("selected one", "this"),
        help="Let the selected segment go, even before older ones.",
        run=release_selected, unless=(*HOLDS, guards.no_packet_held),
    ),
    Action(
        id="hold", keys=("h",), group=Group.WIRE, label="hold or flow", short="hold",
        help="Hold every segment until it is released, or let all flow.",
        run=hold_or_flow, unless=(*HOLDS, guards.wire_cut),
        face=lambda s: ("let it flow", "flow") if s.world.wire.mode == "hold" else ("hold", "hold"),
    ),
    Action(
        id="lose", keys=("l", "delete"), group=Group.WIRE, label="lose packet",
        face=lambda _: ("lose", "lose"),
        help="The network loses the selected segment, or else the next one.",
        run=lose, unless=(*HOLDS, guards.nothing_in_flight),
    ),
    Action(
        id="cut", keys=("w",), group=Group.WIRE, label="cut wire", short="cut",
        help="Cut the wire, so that nothing arrives any more, or mend it (it then holds).",
        run=cut_or_mend, unless=HOLDS,
        face=lambda s: ("mend wire", "mend") if s.world.wire.mode == "cut" else ("cut wire", "cut"),
    ),
    Action(
        id="shorter", keys=("minus",), group=Group.WIRE, label="shorter delay",
        face=lambda _: ("shorter", "delay"),
        help="Make the wire's one-way delay shorter.",
        run=shorter, unless=(*HOLDS, at_shortest),
    ),
    Action(
        id="longer", keys=("plus", "equals_sign"), group=Group.WIRE, label="longer delay", short="delay",
        help="Make the wire's one-way delay longer.",
        run=longer, unless=(*HOLDS, at_longest),
    ),
)  # fmt: skip
