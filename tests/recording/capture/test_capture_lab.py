"""A live run of the lab with losses, written as pcapng: tshark sees what the kernels did."""

import sys
from pathlib import Path

import pytest
from wireshark import frames, why_no_tshark

from sockviz import events, intents
from sockviz.export.pcapng import blocks
from sockviz.recording.capture.catalogue import Ending, summarise
from sockviz.recording.capture.events import capture_events
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, World

sys.path.insert(0, str(Path(__file__).parents[2] / "lab"))

from driver import Engine

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(why_no_tshark()), reason=why_no_tshark())]


@pytest.fixture(scope="module")
def run() -> list[events.AnyEvent]:
    """A life in which a SYN, some data and a FIN are lost."""
    with Engine(accept="auto") as engine:
        try:
            engine.program("server")
        except AssertionError:
            pytest.skip(engine.failure().message)
        engine.send(intents.Wire(mode="hold"), intents.Connect())
        lose(engine, "SYN")
        accepted = engine.returned("accept").result
        engine.until(lambda: engine.states("client") == ["ESTABLISHED"], "connected")
        engine.call("server", "recv", accepted)
        engine.send(intents.Wire(mode="hold"))
        engine.call("client 1", "send", 3, data=b"hello")
        lose(engine, "PSH|ACK")
        engine.returned("recv", data=b"hello")
        engine.call("server", "recv", accepted)
        engine.send(intents.Wire(mode="hold"))
        engine.call("client 1", "close", 3)
        lose(engine, "FIN|ACK")
        engine.returned("recv", result=0)
        engine.call("server", "close", accepted)
        engine.until(
            lambda: engine.states("client") == ["TIME_WAIT"] and not engine.states("server"), "closed"
        )
        return list(engine.events)


def lose(engine: Engine, flags: str) -> None:
    """Take a held segment off the wire, and let the kernel's repetition through."""
    lost = engine.sent("client", flags)
    engine.send(intents.Drop(id=lost.id))
    engine.event(events.SegmentDropped, id=lost.id)
    engine.sent("client", flags, 2)
    engine.send(intents.Wire(mode="flow"))


def test_what_tshark_sees(run: list[events.AnyEvent], tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"".join(blocks(run)))
    theirs = frames(path)
    _, facts = advance(World(), capture_events(path))
    ours = {fact.id for fact in facts if isinstance(fact, Arrow) and fact.retransmission}
    again = {one.number for one in theirs if one.again}
    assert ours == again
    assert len(again) == 3
    assert sum("never arrived: taken off the wire" in one.comment for one in theirs) == 3
    (found,) = summarise(path).connections
    assert (found.handshake, found.ending) == ("full", Ending.CLOSED)
    assert found.seen == theirs[0].completeness


def test_the_states_without_the_table(run: list[events.AnyEvent], tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    path.write_bytes(b"".join(blocks(run)))
    (kernels,) = advance(World(), run)[0].connections.values()
    (inferred,) = advance(World(), capture_events(path))[0].connections.values()
    for one, other in ((kernels.client, inferred.client), (kernels.server, inferred.server)):
        assert [t.after for t in other.history] == [t.after for t in one.history]
