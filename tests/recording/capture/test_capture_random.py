"""Random captures, as tshark takes them apart and as we do: reused addresses, lost packets, mixed lives."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import pcap, plain, timed, written
from wireshark import frames, why_no_tshark

from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.capture.events import capture_events

pytestmark = pytest.mark.skipif(bool(why_no_tshark()), reason=why_no_tshark())

LIVES, PORTS, AT_ONCE = 240, 80, 40
LOST = 0.2


class Life:
    """A connection that may be refused, never answered, reset, half-closed."""

    def __init__(self, chance: random.Random, port: int) -> None:
        self.chance, self.port = chance, port
        self.numbers = [chance.getrandbits(31), chance.getrandbits(31)]

    def frame(self, back: int, flags: str, length: int = 0) -> bytes:
        seq, ack = self.numbers[back], self.numbers[1 - back] if "A" in flags else 0
        self.numbers[back] += length + ("S" in flags) + ("F" in flags)
        return plain(bool(back), self.port, flags, (seq, ack), length)

    def frames(self) -> Iterator[bytes]:
        beginning = self.chance.choice(["begun before", "refused", "unanswered", *["opened"] * 5])
        if beginning != "begun before":
            syn = self.frame(0, "S")
            yield from [syn] * (1 + (self.chance.random() < LOST))
        if beginning == "refused":
            yield plain(True, self.port, "RA", (0, self.numbers[0]))
        elif beginning != "unanswered":
            if beginning == "opened":
                yield self.frame(1, "SA")
                yield self.frame(0, "A")
            yield from self.talk()
            yield from self.end(self.chance.randrange(2))

    def talk(self) -> Iterator[bytes]:
        for _ in range(self.chance.randrange(5)):
            side = self.chance.randrange(2)
            yield self.frame(side, "PA", self.chance.randrange(1, 50))
            yield self.frame(1 - side, "A")

    def end(self, side: int) -> Iterator[bytes]:
        ending = self.chance.choice(["reset", "open", "half-closed", *["closed"] * 3])
        if ending == "reset":
            yield self.frame(side, self.chance.choice(["R", "RA"]))
        elif ending != "open":
            yield self.frame(side, "FA")
            yield self.frame(1 - side, "A" if ending == "half-closed" else "FA")
            yield self.frame(side, "A")


def traffic(seed: int) -> list[bytes]:
    """Many of them, some at once; one with the same addresses begins when the one before is over."""
    chance = random.Random(seed)
    found = []
    for start in range(0, LIVES, AT_ONCE):
        lives = [
            list(Life(chance, 20000 + number % PORTS).frames()) for number in range(start, start + AT_ONCE)
        ]
        for one in lives:
            if chance.random() < LOST:
                one[:] = [frame for frame in one if chance.random() > LOST]
        while lives := [one for one in lives if one]:
            found.append(chance.choice(lives).pop(0))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_tshark_takes_it_apart_in_the_same_way(tmp_path: Path, seed: int) -> None:
    path = written(tmp_path / "capture", pcap(timed(traffic(seed))))
    streams: dict[int, list[int]] = {}
    seen = {}
    for one in frames(path):
        streams.setdefault(one.stream, []).append(one.number)
        seen[one.stream] = one.completeness
    connections = summarise(path).connections
    assert len(connections) > PORTS
    assert [(one.first_packet, one.last_packet, one.packets) for one in connections] == [
        (numbers[0], numbers[-1], len(numbers)) for numbers in streams.values()
    ]
    # Of a connection that began before the capture tshark does not count what its first packet was.
    begun = [one for one in connections if one.seen & 1 and one.first_packet in first_syns(path)]
    assert begun
    assert {one.number: one.seen for one in begun} == {one.number: seen[one.number - 1] for one in begun}


def first_syns(path: Path) -> set[int]:
    return {event.id for event in list(capture_events(path))[1:] if event.segment.flags == "SYN"}
