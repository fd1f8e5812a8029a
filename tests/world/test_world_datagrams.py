"""UDP in the world: sockets without states, datagrams that nobody acknowledges, ICMP that tells."""

from textwrap import wrap

import pytest
from playbook import Move, Playbook, moves, raised
from playbook_calls import call, establishes, listen, sampled
from playbook_truths import told

from sockviz import events
from sockviz.world import datagram_texts
from sockviz.world.labels import label
from sockviz.world.model import Arrow, Drop, Transition
from sockviz.world.sockets import DatagramSocket
from sockviz.world.texts import Text

HERE, THERE = "10.0.0.2:5000", "10.0.0.1:9000"
CLIENT, SERVER = 101, 10


def packet(
    sender: str, source: str, destination: str, *, length: int = 5, protocol: str = "udp", says: str = ""
) -> events.Segment:
    return events.Segment(
        source=source,
        destination=destination,
        flags="",
        seq=0,
        ack=0,
        window=0,
        length=length,
        protocol=protocol,
        says=says,
    )


def sends(host: str, source: str, destination: str, **more: object) -> Move:
    """A datagram enters the wire."""

    def move(book: Playbook) -> None:
        number = 1 + sum(isinstance(event, events.SegmentSent) for event in book.events)
        receiver = "server" if host == "client" else "client"
        made = packet(host, source, destination, **more)
        book.feed(
            events.SegmentSent(
                t=book.now(), id=number, sender=host, receiver=receiver, segment=made, due=None
            )
        )

    return move


def delivered(book: Playbook) -> None:
    """What was sent last arrives."""
    number = max(book.world.wire.in_flight)
    book.feed(events.SegmentDelivered(t=book.now(), id=number))


def program(host: str, pid: int) -> Move:
    return lambda book: book.feed(
        events.ProgramStarted(t=book.now(), host=host, pid=pid, program=f"{host} {pid}")
    )


def opens(host: str, pid: int, address: str | None = None, fd: int = 3) -> Move:
    made = [
        program(host, pid),
        call("socket", fd, host=host, pid=pid, args="AF_INET, SOCK_DGRAM"),
    ]
    if address:
        made.append(call("bind", host=host, pid=pid, fd=fd, args=address, local=address))
    return moves(*made)


def both() -> Playbook:
    return Playbook() >> opens("server", SERVER, THERE) >> opens("client", CLIENT, HERE)


def sock(book: Playbook, host: str) -> DatagramSocket:
    (found,) = (one for one in book.world.datagrams.values() if one.host == host)
    return found


def test_a_udp_socket_is_no_connection_and_has_no_state() -> None:
    book = both() << told("no state to be in")
    assert (sock(book, "server").local, sock(book, "server").remote) == (THERE, "")
    assert book.world.connections == {}
    assert book.world.listeners == {}
    (descriptor,) = book.world.programs["server", SERVER].descriptors.values()
    assert (descriptor.kind, descriptor.local) == ("datagram", THERE)


def test_a_datagram_goes_and_nobody_acknowledges_it() -> None:
    book = both() >> call("sendto", 5, host="client", pid=CLIENT, fd=3, args=f"5 bytes, {THERE}", local=HERE)
    book >> sends("client", HERE, THERE) << told("no handshake came before it")
    assert sock(book, "client").sent == 1
    book >> delivered << told(f"arrived for {THERE}")
    assert (sock(book, "server").arrived, sock(book, "server").waiting) == (1, 1)
    (
        book
        >> call("recvfrom", 5, fd=3, args="up to 65536 bytes", remote=HERE)
        << told("recvfrom() took one whole")
    )
    assert (sock(book, "server").read, sock(book, "server").waiting) == (1, 0)
    assert not book.of(Transition)
    assert [arrow.arrived is not None for arrow in book.of(Arrow)] == [False, True]
    assert book.world.connections == {}


def test_sendto_gives_a_socket_its_address() -> None:
    book = Playbook() >> opens("client", CLIENT)
    assert sock(book, "client").local == ""
    book >> call("sendto", 5, host="client", pid=CLIENT, fd=3, args=f"5 bytes, {THERE}", local="0.0.0.0:4444")
    assert sock(book, "client").local == "0.0.0.0:4444"
    book >> sends("client", "10.0.0.2:4444", THERE)
    assert sock(book, "client").sent == 1


def test_what_recvfrom_does_not_take_is_lost() -> None:
    book = both() >> call("recvfrom", 2, fd=3, args="up to 2 bytes", remote=HERE)
    book << told("what was left of the datagram, if anything, is lost")


def test_nobody_has_the_port_and_only_a_connected_socket_is_told() -> None:
    nowhere = "10.0.0.1:9999"
    book = Playbook() >> opens("client", CLIENT, HERE)
    book >> sends("client", HERE, nowhere) >> delivered << told("no socket has that port")
    answer = {"protocol": "icmp", "says": "port unreachable"}
    book >> sends("server", nowhere, HERE, **answer) >> delivered << told("its program is never told")
    book >> call("connect", host="client", pid=CLIENT, fd=3, args=nowhere, local=HERE, remote=nowhere)
    book << told("It only names 10.0.0.1:9999 as the peer")
    assert book.world.connections == {}
    book >> sends("server", nowhere, HERE, **answer) >> delivered << told("the next call fails")
    assert sock(book, "client").refused == 2
    book >> call("send", -1, host="client", pid=CLIENT, fd=3, args="1 byte", error="ECONNREFUSED")
    book << told("nobody has the port that an earlier datagram was sent to")


def test_a_connected_socket_takes_from_its_peer_only() -> None:
    book = both() >> call("connect", fd=3, args="10.0.0.2:7000", local=THERE, remote="10.0.0.2:7000")
    book >> sends("client", HERE, THERE) >> delivered << told("is connected to another peer")
    assert sock(book, "server").arrived == 0


def test_a_connected_socket_comes_before_one_for_everybody() -> None:
    book = both() >> call("socket", 4, args="AF_INET, SOCK_DGRAM")
    book >> call("bind", fd=4, args=THERE, local=THERE)
    book >> call("connect", fd=4, args=HERE, local=THERE, remote=HERE)
    book >> sends("client", HERE, THERE) >> delivered
    assert {key[2]: one.arrived for key, one in book.world.datagrams.items() if key[0] == "server"} == {
        3: 0,
        4: 1,
    }


def test_the_table_has_it_too_and_tcp_with_the_same_addresses() -> None:
    row = events.SocketRow(
        state="NONE", local=THERE, remote="0.0.0.0:0", pid=SERVER, fd=3, inode=9, protocol="udp"
    )

    def reading(book: Playbook) -> None:
        tcp = events.SocketRow(state="LISTEN", local=THERE, remote="0.0.0.0:0", pid=SERVER, fd=4, inode=8)
        began = book.now()
        book.feed(events.SocketsSampled(t=book.now(), host="server", began=began, changed=(row, tcp)))

    book = Playbook() >> reading
    assert sock(book, "server").row == row
    assert [one.protocol for one in book.world.tables["server"].values()] == ["tcp"]
    assert book.listener(THERE).state == "LISTEN"
    key = events.RowKey(local=THERE, remote="0.0.0.0:0", protocol="udp")
    book.feed(events.SocketsSampled(t=book.now(), host="server", began=book.t, gone=(key,)))
    assert sock(book, "server").row is None
    assert len(book.world.tables["server"]) == 1


def test_it_goes_with_its_descriptor() -> None:
    book = both() >> call("close", fd=3)
    assert [one.host for one in book.world.datagrams.values()] == ["client"]
    book >> (lambda b: b.feed(events.ProgramEnded(t=b.now(), host="client", pid=CLIENT, status=0)))
    assert book.world.datagrams == {}


def test_a_full_buffer_loses_the_one_that_came_last() -> None:
    book = both() >> sends("client", HERE, THERE) >> delivered >> raised("UdpRcvbufErrors")
    (drop,) = book.of(Drop)
    assert (drop.why, drop.counter) == ("receive-buffer", "UdpRcvbufErrors")
    assert "UDP 5 B dropped" in drop.explanation
    assert (sock(book, "server").lost, sock(book, "server").waiting) == (1, 0)


def test_taken_off_the_wire() -> None:
    book = both() >> sends("client", HERE, THERE)
    book.feed(events.SegmentDropped(t=book.now(), id=1, cause="operator"))
    book << told("nobody sends it again")


def test_a_fragment_is_no_datagram() -> None:
    book = both() >> sends("client", HERE, THERE, says="fragment") >> delivered
    book >> sends("client", "10.0.0.2:0", "10.0.0.1:0", says="fragment") >> delivered
    assert sock(book, "server").arrived == 0


def test_a_connection_with_the_same_addresses_is_another_thing() -> None:
    book = Playbook() >> listen() >> establishes(1)
    flow = book.flow(1)
    history = book.end(1, "server").history
    book >> sends("client", flow.client, flow.server) >> delivered
    assert book.end(1, "server").history == history
    assert book.of(Arrow)[-1].connection is None


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        (packet("client", HERE, THERE), "UDP 5 B"),
        (packet("client", HERE, THERE, says="fragment", length=1472), "UDP fragment 1472 B"),
        (packet("server", THERE, HERE, protocol="icmp", says="port unreachable"), "ICMP port unreachable"),
    ],
)
def test_how_they_are_called(segment: events.Segment, text: str) -> None:
    assert label(segment) == text


TEXTS = {name: value for name, value in vars(datagram_texts).items() if isinstance(value, Text)}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_told_fits_into_two_lines(name: str) -> None:
    values = {
        "who": "server",
        "peer": "client",
        "bytes": "1472 bytes",
        "size": "2 bytes",
        "local": THERE,
        "remote": "10.0.0.1:49152",
        "says": "port unreachable",
        "name": "recvfrom",
    }
    words = TEXTS[name].template.format(**values)
    assert len(wrap(words, 76)) <= 2
    assert words.endswith(".")


def test_a_reading_without_udp_says_nothing_about_it() -> None:
    book = both() >> sampled("server", (THERE, "0.0.0.0:0", "LISTEN", SERVER, 4))
    assert sock(book, "server").row is None
