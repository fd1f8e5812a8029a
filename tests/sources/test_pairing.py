"""One segment of two copies: in order, crossing, resent, lost, and half seen."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sockviz.events import SegmentDelivered, SegmentDropped, SegmentSent
from sockviz.sources.budget import Budget
from sockviz.sources.capture import Captured
from sockviz.sources.pairing import PATIENCE, SOON, Pairing, Told

SERVER = "127.0.0.1:8001"


def frame(number: int, *, up: bool = True, port: int = 8001, address: bytes = b"\x7f\0\0\1") -> bytes:
    """A bare ACK, told from others by its sequence number."""
    ports = [(40000).to_bytes(2), port.to_bytes(2)]
    ends = b"".join(ports if up else ports[::-1])
    tcp = ends + number.to_bytes(4) + bytes(4) + b"\x50\x10" + bytes(6)
    ip = (
        b"\x45\0\0\x28"
        + bytes(5)
        + b"\x06\0\0"
        + (address + b"\x7f\0\0\1" if not up else b"\x7f\0\0\1" + address)
    )
    return bytes(12) + b"\x08\0" + ip + tcp


def left(t: int, raw: bytes) -> Captured:
    return Captured(t, outgoing=True, frame=raw)


def arrived(t: int, raw: bytes) -> Captured:
    return Captured(t, outgoing=False, frame=raw)


def short(events: list[Told]) -> list[tuple[str, int, int]]:
    return [
        (msgspec.structs.asdict(e).get("sender") or type(e).__name__[7:].lower(), e.id, e.t) for e in events
    ]


def test_the_copy_that_leaves_and_the_one_that_arrives() -> None:
    pairing = Pairing(SERVER)
    up, down = frame(1), frame(2, up=False)
    told = list(pairing.feed([left(110, up), arrived(120, up), left(130, down), arrived(150, down)], 100))
    assert short(told) == [("client", 1, 10), ("delivered", 1, 20), ("server", 2, 30), ("delivered", 2, 50)]
    assert not pairing.pending


def test_two_on_their_way_at_once_and_two_that_are_the_same() -> None:
    pairing = Pairing(SERVER)
    one, other = frame(1), frame(2)
    packets = [
        left(1, one),
        left(2, other),
        left(3, one),
        arrived(4, other),
        arrived(5, one),
        arrived(6, one),
    ]
    assert [(e.id, e.t) for e in pairing.feed(packets, 0) if isinstance(e, SegmentDelivered)] == [
        (2, 4),
        (1, 5),
        (3, 6),
    ]


def test_others_traffic_on_the_same_port_is_not_ours() -> None:
    pairing = Pairing(SERVER)
    other = frame(1, address=b"\x7f\0\0\2")
    assert list(pairing.feed([left(1, other), arrived(2, other), left(3, b"no packet")], 0)) == []
    assert not pairing.pending


def test_a_copy_that_only_arrives_was_sent() -> None:
    assert short(list(Pairing(SERVER).feed([arrived(7, frame(1))], 0))) == [
        ("client", 1, 7),
        ("delivered", 1, 7),
    ]


def test_what_does_not_arrive_was_lost_by_the_kernel_or_by_the_capture() -> None:
    pairing = Pairing(SERVER)
    list(pairing.feed([left(0, frame(1))], 0))
    assert pairing.give_up(PATIENCE, lossy=False) == []
    assert pairing.give_up(PATIENCE + 1, lossy=False) == [SegmentDropped(t=PATIENCE + 1, id=1, cause="lost")]
    list(pairing.feed([left(0, frame(1))], 0))
    assert pairing.give_up(SOON + 1, lossy=True) == [SegmentDelivered(t=SOON + 1, id=2)]
    assert not pairing.pending


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.booleans()), max_size=60))
def test_whatever_is_seen_each_segment_is_sent_once_and_ends_at_most_once(
    packets: list[tuple[bool, int, bool]],
) -> None:
    pairing = Pairing(SERVER)
    seen = [Captured(t, outgoing, frame(number, up=up)) for t, (outgoing, number, up) in enumerate(packets)]
    told = list(pairing.feed(seen, 0))
    told += pairing.give_up(len(seen) + PATIENCE, lossy=False)
    sent = [event.id for event in told if isinstance(event, SegmentSent)]
    ended = [event.id for event in told if not isinstance(event, SegmentSent)]
    assert sent == list(range(1, len(sent) + 1))
    assert sorted(ended) == sent
    assert not pairing.pending


def test_a_budget_lets_a_burst_through_and_then_a_share() -> None:
    budget = Budget(0.05, 100)
    assert budget.wait(0) == 0
    budget.spend(0, 100)
    assert budget.wait(0) == 0
    budget.spend(0, 10)
    assert budget.wait(0) >= 10 / 0.05
    assert budget.wait(0 + budget.wait(0)) == 0


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), min_size=1, max_size=50))
def test_over_any_time_the_share_is_kept(work: list[tuple[int, int]]) -> None:
    budget, now, spent, most = Budget(0.05, 10**6), 0, 0, 10**6
    for pause, cost in work:
        now += pause
        now += budget.wait(now)
        assert spent <= most + 0.05 * now + 1
        now += cost
        spent += cost
        budget.spend(now, cost)
