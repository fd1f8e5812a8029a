"""Wishes that nobody should have: the engine refuses them, and goes on."""

import json
import random
from collections.abc import Iterator
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from driver import Engine

from sockviz import events, intents

ODD = (0, -1, 1, 2**31, 2**62, -(2**63), 2**63 - 1)
TEXTS = (
    "",
    "client",
    "server",
    "moon",
    "\x1b[2J",
    "10.0.0.1:8001",
    "client:99999",
    "[::1]:1",
    "x" * 300,
    "\u202e",
)
KINDS = {int: (*ODD, 3), str: TEXTS, bytes: ("", "AA==", "A" * 4_000), bool: (True, False)}
SEED = 20_26


def odd(chance: random.Random) -> bytes:
    """An intent of some kind whose fields are all of the right type, and of odd values."""
    kind = chance.choice([kind for kind in intents.AnyIntent.__args__ if kind is not intents.Quit])
    made = {"intent": kind.__struct_config__.tag}
    for name, hint in get_type_hints(kind).items():
        if chance.random() < 0.7:
            made[name] = chance.choice(list(values(hint)))
    return json.dumps(made).encode()


def values(hint) -> Iterator[object]:
    """What a field of this type can have."""
    if hint in KINDS:
        yield from KINDS[hint]
    elif get_origin(hint) is Literal:
        yield from get_args(hint)
    elif get_args(hint):
        yield from (value for inner in get_args(hint) for value in values(inner))
    else:
        yield None


def garbled(chance: random.Random) -> bytes:
    line = bytearray(odd(chance))
    for _ in range(chance.randint(1, 4)):
        line[chance.randrange(len(line))] = chance.choice(b'\x80\xff\0"{}[],:9\x1b')
    return bytes(line.replace(b"\n", b" "))


@pytest.mark.parametrize("source", ["lab", "loopback"])
def test_the_engine_goes_on(request, source):
    if source == "lab":
        request.getfixturevalue("lab")
    chance = random.Random(SEED)
    with Engine(source=source, port=23_871, accept="auto") as engine:
        lines = [chance.choice((odd, garbled))(chance) for _ in range(400)]
        for start in range(0, len(lines), 40):
            # What they start is not to be more and more: each lot is followed by ends.
            engine.process.stdin.write(b"\n".join(lines[start : start + 40]) + b"\n" + b"[" * 2_000 + b"\n")
            programs = {one.pid for one in engine.every(events.ProgramStarted) if one.program != "server"}
            engine.send(*(intents.End(host="client", pid=pid) for pid in programs))
        engine.send(intents.Wire(mode="flow", delay=0)) if source == "lab" else None
        mark = engine.mark()
        engine.send(intents.Mark(text="still here"))
        engine.event(events.Marked, mark, text="still here")
        assert engine.process.poll() is None
        refusals = [one.reason for one in engine.every(events.RequestRefused)]
        assert len(refusals) > 50
        assert not any("Traceback" in reason for reason in refusals)
    assert engine.process.returncode == 0
