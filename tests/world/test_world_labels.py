"""Short names: segments and durations."""

import pytest

from sockviz.events import Segment
from sockviz.world.labels import count_bytes, duration, label


@pytest.mark.parametrize(
    ("flags", "length", "name"),
    [
        ("SYN", 0, "SYN"),
        ("SYN|ACK", 0, "SYN-ACK"),
        ("ACK", 0, "ACK"),
        ("PSH|ACK", 5, "PSH 5 B"),
        ("ACK", 1448, "1448 B"),
        ("FIN|ACK", 0, "FIN"),
        ("FIN|PSH|ACK", 3, "FIN 3 B"),
        ("RST|ACK", 0, "RST"),
        ("RST", 0, "RST"),
        ("", 0, "no flags"),
        ("URG", 0, "URG"),
    ],
)
def test_segments(flags, length, name):
    assert (
        label(Segment(source="a:1", destination="b:2", flags=flags, seq=0, ack=0, window=0, length=length))
        == name
    )


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (40, "40 ns"),
        (85_000, "85 µs"),
        (1_250_000, "1.25 ms"),
        (400_000_000, "400 ms"),
        (999_999_999, "1 s"),
        (999_400, "999 µs"),
        (999_500, "1 ms"),
        (60_000_000_000, "60 s"),
        (3_600_000_000_000, "3600 s"),
    ],
)
def test_durations(ns, text):
    assert duration(ns) == text


def test_bytes():
    assert [count_bytes(n) for n in (0, 1, 2)] == ["0 bytes", "1 byte", "2 bytes"]
