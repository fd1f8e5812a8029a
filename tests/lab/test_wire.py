"""What the wire does with the segments of live kernels."""

import struct

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab
MS = 1_000_000


def delivered(engine: Engine) -> list[int]:
    return [event.id for event in engine.every(events.SegmentDelivered)]


def test_the_kernels_retransmission_of_a_held_segment_is_shown_and_thrown_away(lab):
    with Engine(mode="hold") as engine:
        engine.send(intents.Connect())
        original = engine.sent("client", "SYN")
        again = engine.sent("client", "SYN", 2)
        assert again.segment.seq == original.segment.seq
        assert engine.event(events.SegmentDropped) == events.SegmentDropped(
            t=again.t, id=again.id, cause="resent", original=original.id
        )
        engine.send(intents.Wire(mode="flow"))
        engine.row("client", "ESTABLISHED")
        engine.row("server", "ESTABLISHED")
        assert again.id not in delivered(engine)
        assert original.id in delivered(engine)


def test_a_dropped_syn_is_sent_again(lab):
    with Engine(mode="hold") as engine:
        engine.send(intents.Connect())
        original = engine.sent("client", "SYN")
        engine.send(intents.Drop())
        assert engine.event(events.SegmentDropped, id=original.id).cause == "operator"
        engine.send(intents.Wire(mode="flow"))
        engine.row("server", "ESTABLISHED")
        assert original.id not in delivered(engine)


def test_a_cut_wire_loses_all_and_mended_lets_the_kernel_catch_up(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.call("server", "recv", accepted)
        engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])
        engine.send(intents.Wire(mode="cut"))
        engine.call("client 1", "send", 3, data=b"lost")
        lost = engine.sent("client", "PSH|ACK")
        assert engine.event(events.SegmentDropped, id=lost.id).cause == "cut"
        engine.send(intents.Wire(mode="flow"))
        assert engine.returned("recv").data == b"lost"
        assert lost.id not in delivered(engine)


def test_a_segment_arrives_after_the_delay_and_not_before(lab):
    with Engine(delay=150 * MS) as engine:
        engine.send(intents.Connect())
        engine.row("server", "ESTABLISHED")
        arrivals = {event.id: event.t for event in engine.every(events.SegmentDelivered)}
        sent = [event for event in engine.every(events.SegmentSent) if event.id in arrivals]
        assert [event.segment.flags for event in sent] == ["SYN", "SYN|ACK", "ACK"]
        for event in sent:
            assert event.due == event.t + 150 * MS
            assert arrivals[event.id] >= event.due
        assert engine.event(events.WireChanged).delay == 150 * MS


def test_a_released_segment_starts_from_the_middle(lab):
    with Engine(mode="hold", delay=100 * MS) as engine:
        engine.send(intents.Connect())
        engine.sent("client", "SYN")
        engine.send(intents.Release())
        released = engine.event(events.SegmentReleased)
        assert released.due == released.t + 50 * MS
        assert engine.event(events.SegmentDelivered, id=released.id).t >= released.due


def test_a_flood_gets_through_whole_and_in_order(lab):
    data = bytes(range(256)) * 2048
    with Engine(accept="auto") as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.call("client 1", "send", 3, data=data)
        received = 0
        while received < len(data):
            mark = engine.mark()
            engine.call("server", "recv", accepted, size=len(data))
            received += engine.returned("recv", mark).result
        engine.until(lambda: not set(ids(engine, events.SegmentSent)) - set(delivered(engine)))
        for sender in ("client", "server"):
            of = set(ids(engine, events.SegmentSent, sender=sender))
            order = [id_ for id_ in delivered(engine) if id_ in of]
            assert order == sorted(order)
        assert not list(engine.every(events.SegmentDropped))
        assert received == len(data)


def ids(engine: Engine, kind: type, **fields: str) -> list[int]:
    return [event.id for event in engine.every(kind, **fields)]


def test_nothing_but_tcp_is_on_the_wire_and_each_segment_is_between_the_hosts(lab):
    with Engine(accept="auto", ipv6=True) as engine:
        engine.send(intents.Connect(count=2))
        engine.until(lambda: engine.states("server") == ["ESTABLISHED"] * 2)
        for sent in engine.every(events.SegmentSent):
            assert "[fd00::1]:8001" in (sent.segment.source, sent.segment.destination)
            assert sent.segment.source.startswith("[fd00::2]" if sent.sender == "client" else "[fd00::1]")


def checksum(data: bytes) -> int:
    """RFC 1071; 0 over data that contains its right checksum."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


@pytest.mark.parametrize("ipv6", [False, True], ids=["IPv4", "IPv6"])
def test_each_frame_has_its_checksum_and_fits_the_link(lab, ipv6):
    with Engine(accept="auto", ipv6=ipv6) as engine:
        engine.send(intents.Connect())
        accepted = engine.returned("accept").result
        engine.call("client 1", "send", 3, data=b"even")
        engine.call("client 1", "send", 3, data=b"x" * 100_000)
        engine.until(lambda: sum(sent.segment.length for sent in engine.every(events.SegmentSent)) > 20_000)
        engine.call("server", "close", accepted)
        engine.sent("server", "RST|ACK")
        checked = 0
        for sent in engine.every(events.SegmentSent):
            assert sent.segment.length <= 1500 - 40
            frame = sent.segment.frame
            if len(frame) == 256 or sent.segment.length % 2:
                continue  # cut off in the event
            ip, tcp = (frame[22:54], frame[54:]) if ipv6 else (frame[26:34], frame[34:])
            assert checksum(ip + struct.pack("!HH", 6, len(tcp)) + tcp) == 0
            checked += 1
        assert checked >= 5


def test_two_labs_at_once_do_not_disturb_each_other(lab):
    with Engine(mode="hold") as held, Engine(accept="auto") as flowing:
        held.send(intents.Connect())
        flowing.send(intents.Connect(count=2))
        held.row("client", "SYN_SENT")
        flowing.until(lambda: flowing.states("server") == ["ESTABLISHED"] * 2)
        held.send(intents.Wire(mode="flow"))
        held.row("server", "ESTABLISHED")
        assert flowing.states("server") == ["ESTABLISHED"] * 2
