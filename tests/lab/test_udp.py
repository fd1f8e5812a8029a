"""UDP over the lab's wire: real datagrams, no connection, no states; and ICMP where nobody has the port."""

import pytest
from driver import Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


@pytest.fixture(params=[False, True], ids=["IPv4", "IPv6"])
def engine(request, lab):
    with Engine(listen=False, ipv6=request.param) as running:
        running.program("server")
        running.send(intents.Start(host="client"))
        running.program("client 1")
        yield running


def ask(engine: Engine, program: str, name: str, **arguments) -> None:
    host = program.split(maxsplit=1)[0]
    engine.send(intents.Call(host=host, program=program, name=name, **arguments))


def open_both(engine: Engine) -> None:
    for program, address in (("server", "server:9000"), ("client 1", "client:5000")):
        ask(engine, program, "socket", kind="datagram")
        ask(engine, program, "bind", address=address, reuse=False)
    engine.until(lambda: [len(engine.datagram_sockets(host)) for host in ("client", "server")] == [1, 1])


def test_datagrams_go_both_ways(engine):
    open_both(engine)
    ask(engine, "server", "recvfrom")
    engine.event(events.CallEntered, name="recvfrom")
    ask(engine, "client 1", "sendto", data=b"hello", address="server:9000")
    received = engine.returned("recvfrom")
    assert (received.result, received.data) == (5, b"hello")
    there = engine.event(events.SegmentSent).segment
    assert (there.protocol, there.length, there.flags, there.says) == ("udp", 5, "", "")
    assert there.source == received.remote
    engine.event(events.SegmentDelivered, id=engine.event(events.SegmentSent).id)
    ask(engine, "client 1", "recvfrom")
    ask(engine, "server", "sendto", data=b"you too", address="client:5000")
    mark = engine.until(lambda: len(list(engine.every(events.SegmentSent))) == 2)
    assert mark
    assert engine.returned("recvfrom", data=b"you too").remote == there.destination
    assert [sent.sender for sent in engine.every(events.SegmentSent)] == ["client", "server"]


def test_a_socket_is_a_row_without_a_state(engine):
    open_both(engine)
    (row,) = engine.datagram_sockets("server")
    assert (row.state, row.pid, row.fd) == ("NONE", engine.program("server").pid, 3)
    assert row.local.endswith(":9000")
    assert row.remote in {"0.0.0.0:0", "[::]:0"}
    ask(engine, "client 1", "sendto", data=b"x" * 100, address="server:9000")
    engine.until(lambda: engine.datagram_sockets("server")[0].recv_queue >= 100, "it waits to be read")
    ask(engine, "client 1", "connect", address="server:9000")
    engine.until(lambda: engine.datagram_sockets("client")[0].remote == row.local, "its peer is known")
    ask(engine, "client 1", "close", fd=3)
    engine.until(lambda: engine.datagram_sockets("client") == [])


def test_nobody_has_the_port(engine):
    """Only a connected socket is told."""
    for name in ("socket", "connect"):
        ask(engine, "client 1", name, kind="datagram", address="server:9999")
    ask(engine, "client 1", "send", data=b"anybody?")
    answer = engine.event(events.SegmentSent, sender="server").segment
    assert (answer.protocol, answer.says) == ("icmp", "port unreachable")
    sent = engine.event(events.SegmentSent, sender="client").segment
    assert (answer.source, answer.destination) == (sent.destination, sent.source)
    engine.event(events.SegmentDelivered, id=engine.event(events.SegmentSent, sender="server").id)
    ask(engine, "client 1", "send", data=b"?")
    assert engine.returned("send", result=-1).error == "ECONNREFUSED"


def test_a_held_datagram_waits_and_is_never_sent_again(lab):
    with Engine(listen=False, mode="hold") as engine:
        engine.send(intents.Start(host="client"))
        engine.program("client 1")
        open_both(engine)
        for data in (b"one", b"one"):
            ask(engine, "client 1", "sendto", data=data, address="server:9000")
        engine.until(lambda: len(list(engine.every(events.SegmentSent))) == 2)
        assert all(sent.due is None for sent in engine.every(events.SegmentSent))
        engine.send(intents.Drop(), intents.Release())
        ask(engine, "server", "recvfrom")
        engine.returned("recvfrom", data=b"one")
        ask(engine, "server", "recvfrom")
        engine.until(lambda: len(list(engine.every(events.CallEntered, name="recvfrom"))) == 2)
        engine.send(intents.Mark(text="it stays blocked"))
        engine.event(events.Marked)
        assert len(list(engine.every(events.SegmentSent))) == 2
        dropped = [event.cause for event in engine.every(events.SegmentDropped)]
        assert dropped == ["operator"]


def test_a_datagram_too_long_for_the_link_comes_in_fragments(engine):
    open_both(engine)
    ask(engine, "server", "recvfrom")
    ask(engine, "client 1", "sendto", data=bytes(4000), address="server:9000")
    assert engine.returned("recvfrom").result == 4000
    pieces = [sent.segment for sent in engine.every(events.SegmentSent)]
    assert len(pieces) == 3
    assert {piece.says for piece in pieces} == {"fragment"}
    assert [piece.source.rpartition(":")[2] for piece in pieces] == ["5000", "0", "0"]
    assert sum(piece.length for piece in pieces) == 4000


def test_tcp_beside_it_goes_on(lab):
    with Engine(accept="auto") as engine:
        engine.send(intents.Start(host="server", program="datagrams"))
        engine.program("datagrams")
        for name in ("socket", "bind"):
            engine.send(intents.Call(host="server", program="datagrams", name=name, kind="datagram"))
        engine.until(lambda: len(engine.rows["server"]) == 2, "one port, twice: TCP and UDP")
        assert {row.local for row in engine.rows["server"].values()} == {"10.0.0.1:8001"}
        engine.send(intents.Connect())
        engine.row("server", "ESTABLISHED")
        assert engine.returned("accept").error is None
