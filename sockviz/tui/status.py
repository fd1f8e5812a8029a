"""The status line as data: where this runs, how the wire is set, what is hidden. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec
from rich.cells import cell_len

from sockviz.errors import printable
from sockviz.tui.actions import target
from sockviz.tui.actions.action import Situation
from sockviz.world.model import World


class Tone(StrEnum):
    """How much a part wants to be seen."""

    PLAIN = "plain"
    NAME = "name"
    STRONG = "strong"
    WARN = "warn"


class Part(msgspec.Struct, frozen=True):
    """One field of the line."""

    text: str
    tone: Tone = Tone.PLAIN
    rank: int = 0
    """Parts of a higher rank go first where there is no room."""


SEES = {"capture": "no capture: packets are hidden", "calls": "no calls seen", "table": "no socket table"}
"""Capability → what its absence hides."""


_DETAIL = 2
"""The rank of what can be done without."""
TIMES = "\N{MULTIPLICATION SIGN}"


def clock(ns: int) -> str:
    """`00:12.480112`: minutes, seconds, µs."""
    us = ns // 1000
    return f"{us // 60_000_000:02}:{us // 1_000_000 % 60:02}.{us % 1_000_000:06}"


def rate(speed: float) -> str:
    """How many times as fast as it was."""
    return f"{TIMES}{speed:g}" if speed >= 1 else f"{TIMES}1/{round(1 / speed)}"


def parts(situation: Situation) -> Iterator[Part]:
    """The line's fields, left to right."""
    for field in _fields(situation):
        yield msgspec.structs.replace(field, text=situation.say(field.text))


def _fields(situation: Situation) -> Iterator[Part]:
    world = situation.world
    yield Part("sockviz", Tone.NAME)
    if situation.replayed:
        yield Part(f"replay {printable(situation.replayed)}", Tone.STRONG)
    if world.header is None:
        yield Part("starting …")
        return
    yield from _where(world)
    yield from _wire(world)
    if "accept" in world.settings:
        yield Part(f"accept {world.settings['accept']}", rank=2)
    if missed := sum(total for (_, name), total in world.counters.items() if name == "PacketsDropped"):
        yield Part(f"{missed:,} packets not captured", Tone.WARN, rank=1)
    for capability, hides in SEES.items():
        if capability not in world.header.capabilities:
            yield Part(hides, Tone.WARN, rank=1)


def brief(fields: Sequence[Part]) -> list[Part]:
    """Only what an audience needs."""
    return [field for field in fields if field.rank < _DETAIL]


def _where(world: World) -> Iterator[Part]:
    header = world.header
    if header is None:
        return
    kernel = ".".join(header.kernel.split(".")[:2])
    yield Part(f"{header.source} · {kernel}" if kernel else header.source, rank=3)
    listener = target.listener(world)
    if listener is not None and listener.backlog is not None:
        yield Part(f"backlog {listener.backlog}", rank=2)


def _wire(world: World) -> Iterator[Part]:
    wire = world.wire
    delay = f"{wire.delay // 1_000_000} ms" if wire.delay else ""
    if wire.mode == "hold":
        count = len(wire.held)
        yield Part(f"wire HELD {count} waiting" if count else "wire HELD", Tone.STRONG)
    elif wire.mode == "cut":
        yield Part("wire CUT", Tone.WARN)
    else:
        yield Part(f"wire flows {delay}".rstrip())
        return
    if delay:
        yield Part(f"delay {delay}", rank=4)


def fit(fields: list[Part], width: int) -> list[Part]:
    """Leave out the fields of the highest rank until the line fits into `width` columns."""
    while (
        len(fields) > 1 and 1 + sum(cell_len(field.text) for field in fields) + 3 * (len(fields) - 1) > width
    ):
        fields = [field for field in fields if field is not max(fields, key=lambda one: one.rank)]
    return fields
