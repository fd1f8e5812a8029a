"""Recordings that somebody has tampered with: read, or refused in one line; no fault, no escape sequence."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sockviz.errors import UserError
from sockviz.export.states import lines
from sockviz.export.text import render
from sockviz.recording.reader import read
from sockviz.session.timeline import Timeline

RECORDINGS = sorted((Path(__file__).parents[1] / "data").glob("*.jsonl"))
JUNK = [
    "", "x", "\x1b[31m", "\x9b2J", "10.0.0.1:8001", "client", "server", "mars", "SYN", "FIN|ACK", "RST",
    "LISTEN", "accept", "close", ":::", "[::]:0", 0, 1, -1, 7, 2**40, 2**63, 3.5, True, None, [], {},
]  # fmt: skip
SEEDS = 40
TRIES = 25

Event = dict[str, Any]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all scalars."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if items is None:
        yield path
        return
    for key, inner in items:
        yield from places(inner, (*path, key))


def tamper(events: list[Event], chance: random.Random) -> None:
    """Change one thing: drop, repeat or move an event, or put something else into it."""
    here, there = (chance.randrange(1, len(events)) for _ in range(2))
    match chance.randrange(8):
        case 0:
            del events[here]
        case 1:
            events.insert(there, events[here])
        case 2:
            events[here], events[there] = events[there], events[here]
        case _:
            *path, last = chance.choice(list(places(events[here])))
            inside: Any = events[here]
            for key in path:
                inside = inside[key]
            inside[last] = chance.choice(JUNK)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_tampering(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    path = tmp_path / "r.jsonl"
    for _ in range(TRIES):
        events = [json.loads(line) for line in chance.choice(RECORDINGS).read_bytes().splitlines()]
        for _ in range(chance.randint(1, 6)):
            tamper(events, chance)
        path.write_text("\n".join(map(json.dumps, events)) + "\n")
        try:
            read_back = list(read(path))
        except UserError as error:
            said = [error.line()]
        else:
            timeline = Timeline(read_back)
            timeline.world_at(timeline.end // 2)
            said = [*lines(read_back), *render(read_back, 100)]
        assert all(line.isprintable() for line in said)
