"""What the socket table and the calls tell, with and without segments."""

import pytest
from playbook import LISTENER_FD, SERVER, SERVER_PID, Playbook, arrives, moves, passes, raised, segment
from playbook_calls import (
    accepts,
    call,
    connect,
    entered,
    establishes,
    listen,
    pid_of,
    queue,
    returned,
    row,
    sampled,
    sees,
    sees_no,
    starts,
)
from playbook_truths import ends, owner, queues, silent, told, went

from sockviz import events
from sockviz.world.model import Drop, Provenance

CLIENT = "10.0.0.2:40001"


@pytest.fixture
def blind() -> Playbook:
    """No segment is seen."""
    return Playbook(capabilities=["table", "calls"], source="loopback")


def full_queue(blind: Playbook) -> Playbook:
    """Two connections wait, and two more clients for a place in the queue."""
    blind >> listen(backlog=1)
    for number in (1, 2):
        blind >> sees("client", number, "ESTABLISHED") >> sees("server", number, "ESTABLISHED")
    blind >> queue(2, 1)
    for number in (3, 4):
        blind >> sees("client", number, "SYN_SENT")
    return blind << queues(accept=[1, 2])


def test_the_counter_tells_of_drops_that_nobody_saw(blind):
    full_queue(blind) >> raised("ListenOverflows", 5)
    blind << told("2 SYNs were dropped, since the accept queue is full: 2 waiting, limit 1")
    drops = blind.of(Drop, news=True)
    assert [(drop.connection, drop.counter) for drop in drops] == [(None, "ListenOverflows")] * 2
    assert blind.listener().overflows == blind.listener().drops == 2
    blind >> sees_no("client", 3) >> raised("ListenOverflows") << told("A SYN was dropped")
    assert [drop.connection for drop in blind.of(Drop, news=True)] == [blind.connection(4).id]


def test_somebody_else_on_the_machine_may_drop_too(blind):
    full_queue(blind) >> sees_no("client", 3) >> sees_no("client", 4) >> raised("ListenOverflows")
    assert not blind.of(Drop)


def test_a_reading_that_began_before_the_segment_says_nothing_about_it():
    book = Playbook() >> listen() >> establishes(1)
    early = book.t
    (
        book
        >> passes(1, "client", "FIN|ACK")
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
        >> sampled("server", (SERVER, CLIENT, "ESTABLISHED"), began=early)
        << silent
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
    )
    assert book.end(1, "server").disagrees
    # The row did not change since: an empty reading is about it all the same, and now it counts.
    book >> sampled("server") << ends(1, "FIN_WAIT1", "ESTABLISHED")
    assert not book.end(1, "server").disagrees


def test_the_table_takes_back_what_only_an_arrival_spoke_for():
    book = Playbook() >> listen() >> establishes(1) >> passes(1, "client", "FIN|ACK")
    book << ends(1, "FIN_WAIT1", "CLOSE_WAIT") >> sampled("server")
    book << ends(1, "FIN_WAIT1", "ESTABLISHED") << told("did not act on what arrived")
    (correction,) = [fact for fact in book.news if getattr(fact, "corrects", 0)]
    assert (correction.before, correction.after, correction.corrects) == ("CLOSE_WAIT", "ESTABLISHED", 1)
    book << went(1, "server", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED")
    assert book.end(1, "server").since == book.end(1, "server").history[-1].t


def test_what_was_sent_is_never_taken_back():
    book = Playbook() >> listen() >> establishes(1) >> segment(1, "client", "FIN|ACK")
    book >> sampled("client") << ends(1, "ESTABLISHED", "ESTABLISHED")
    book << went(
        1,
        "client",
        "CLOSED>SYN_SENT",
        "SYN_SENT>ESTABLISHED",
        "ESTABLISHED>FIN_WAIT1",
        "FIN_WAIT1>ESTABLISHED",
    )


def test_the_whole_life_from_calls_and_table_alone(blind):
    (
        blind
        >> listen()
        >> starts(1)
        >> entered("connect", host="client", pid=pid_of(1), fd=3, args=SERVER)
        >> sees("client", 1, "SYN_SENT", pid=pid_of(1), fd=3)
        << ends(1, "SYN_SENT", "CLOSED")
        << owner(1, "client", pid_of(1), 3)
        >> returned("connect", host="client", pid=pid_of(1), local=CLIENT, remote=SERVER)
        << ends(1, "ESTABLISHED", "CLOSED")
        >> sees("server", 1, "ESTABLISHED")
        << ends(1, "ESTABLISHED", "ESTABLISHED")
        << queues(accept=[1])
        << owner(1, "server", None, None)
        << went(1, "server", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED")
        >> accepts(1, 4)
        << queues()
        << owner(1, "server", SERVER_PID, 4)
        >> call("close", host="client", pid=pid_of(1), fd=3)
        << ends(1, "FIN_WAIT1", "ESTABLISHED")
        >> call("recv", 0, fd=4)
        << ends(1, "FIN_WAIT1", "CLOSE_WAIT")
        >> sees("client", 1, "FIN_WAIT2")
        >> call("close", fd=4)
        << ends(1, "FIN_WAIT2", "LAST_ACK")
        >> sees("client", 1, "TIME_WAIT")
        >> sees_no("server", 1)
        << ends(1, "TIME_WAIT", "CLOSED")
    )
    end = blind.end(1, "client")
    assert [t.provenance for t in end.history[-2:]] == [Provenance.SAMPLED] * 2


def test_states_that_were_not_seen_are_inferred_on_the_way(blind):
    blind >> listen() >> sees("client", 1, "ESTABLISHED") >> sees("client", 1, "TIME_WAIT")
    (_, _, *closing) = blind.end(1, "client").history
    assert [(t.after, t.provenance) for t in closing] == [
        ("FIN_WAIT1", Provenance.INFERRED),
        ("FIN_WAIT2", Provenance.INFERRED),
        ("TIME_WAIT", Provenance.SAMPLED),
    ]


def test_accept_is_proof_even_before_the_table_is_read(blind):
    (
        blind
        >> listen()
        >> accepts(1, 4)
        << ends(1, "CLOSED", "ESTABLISHED")
        << owner(1, "server", SERVER_PID, 4)
    )
    blind << queues() << went(1, "server", "LISTEN>SYN_RECV", "SYN_RECV>ESTABLISHED")
    assert blind.end(1, "server").provenance is Provenance.OBSERVED
    assert len(blind.world.connections) == 1


def test_a_program_of_someone_else_accepts(blind):
    """A row that has an owner was accepted, whoever called."""
    blind >> listen() >> sees("server", 1, "ESTABLISHED") << queues(accept=[1])
    (
        blind
        >> sees("server", 1, "ESTABLISHED", pid=SERVER_PID, fd=9)
        << queues()
        << owner(1, "server", SERVER_PID, 9)
    )
    assert blind.world.programs["server", SERVER_PID].descriptors[9].connection == 1


def test_an_inode_without_a_pid_is_somebody_elses_descriptor(blind):
    blind >> listen() >> accepts(1, 4)
    hidden = row(SERVER, CLIENT, "ESTABLISHED")
    hidden = events.SocketRow(state=hidden.state, local=SERVER, remote=CLIENT, inode=4711)
    blind.feed(events.SocketsSampled(t=blind.now() + 1, host="server", began=blind.t, changed=(hidden,)))
    blind << owner(1, "server", SERVER_PID, 4)
    blind >> sees("server", 1, "ESTABLISHED") << owner(1, "server", None, None)


def test_a_ghost_without_segments(blind):
    (
        blind
        >> listen()
        >> starts(1)
        >> call("connect", host="client", pid=pid_of(1), fd=3, local=CLIENT, remote=SERVER)
    )
    blind << ends(1, "ESTABLISHED", "CLOSED")
    assert not blind.connection(1).ghost
    blind >> sampled("server") << told("is a ghost")
    assert blind.connection(1).ghost


def test_closing_with_unread_data_resets(blind):
    blind >> listen() >> accepts(1, 4) >> sees("server", 1, "ESTABLISHED", pid=SERVER_PID, fd=4, recv_queue=6)
    blind >> call("close", fd=4)
    assert blind.end(1, "server").state == "CLOSED"
    assert blind.end(1, "server").reset


def test_an_abortive_close(blind):
    blind >> listen() >> accepts(1, 4) >> call("setsockopt", fd=4, args="SOL_SOCKET, SO_LINGER, {1, 0}")
    blind >> call("close", fd=4) << told("sent RST")
    assert blind.end(1, "server").reset


def test_a_closed_listener_resets_its_queue(blind):
    (
        blind
        >> listen()
        >> sees("server", 1, "ESTABLISHED")
        << queues(accept=[1])
        >> call("close", fd=LISTENER_FD)
    )
    blind << queues()
    assert blind.end(1, "server").state == "CLOSED"


def test_rows_of_what_was_over_before_we_came_are_no_connections(blind):
    for state in ("TIME_WAIT", "FIN_WAIT2", "LAST_ACK", "CLOSING", "NONSENSE"):
        blind >> sampled("client", (CLIENT, SERVER, state))
    assert not blind.world.connections
    assert len(blind.world.tables["client"]) == 1


def test_a_listener_that_only_the_table_knows(blind):
    blind >> sampled("server", (SERVER, "0.0.0.0:0", "LISTEN", 77, 5))
    listener = blind.listener()
    assert (listener.state, listener.pid, listener.fd) == ("LISTEN", 77, 5)
    assert listener.provenance is Provenance.SAMPLED
    blind >> sampled("server", gone=((SERVER, "0.0.0.0:0"),)) << told("does not listen any more")
    assert blind.listener().state == "CLOSED"


def test_the_same_addresses_again(blind):
    (
        blind
        >> listen()
        >> sees("client", 1, "ESTABLISHED")
        >> sees_no("client", 1)
        << ends(1, "CLOSED", "CLOSED")
    )
    blind >> sees("client", 1, "SYN_SENT") << ends(1, "SYN_SENT", "CLOSED")
    assert list(blind.world.connections) == [1, 2]


def test_rows_are_kept_as_the_table_has_them():
    book = Playbook() >> listen() >> establishes(1)
    table = book.world.tables["server"]
    assert [table[key].state for key in table] == ["LISTEN", "ESTABLISHED"]
    assert book.end(1, "server").row is table[SERVER, CLIENT]
    changed = book.world.row_changed["server", SERVER, CLIENT]
    assert changed == book.world.sampled["server"]
    book >> sees_no("server", 1)
    assert list(book.world.tables["server"]) == [(SERVER, "0.0.0.0:0")]
    assert ("server", SERVER, CLIENT) not in book.world.row_changed


def test_descriptors():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4)
    server = book.world.programs["server", SERVER_PID].descriptors
    assert {fd: (d.kind, d.connection) for fd, d in server.items()} == {
        3: ("listening", None),
        4: ("connected", 1),
    }
    client = book.world.programs["client", pid_of(1)].descriptors
    assert {fd: (d.kind, d.connection, d.local) for fd, d in client.items()} == {3: ("connected", 1, CLIENT)}
    book >> call("close", fd=4) >> call("close", host="client", pid=pid_of(1), fd=3)
    assert list(book.world.programs["server", SERVER_PID].descriptors) == [3]
    assert not book.world.programs["client", pid_of(1)].descriptors


def test_calls():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4) >> entered("recv", fd=4)
    program = book.world.programs["server", SERVER_PID]
    (blocked,) = program.blocked
    assert (blocked.name, blocked.fd, blocked.thread, blocked.connection) == ("recv", 4, "fd 4", 1)
    assert program.calls["main"].name == "accept"
    book >> returned("recv", -1, error="EINTR") << told("interrupted while it was blocked")
    assert not book.world.programs["server", SERVER_PID].blocked


def test_a_failed_bind_says_why():
    book = Playbook() >> call("socket", 3) >> call("bind", -1, fd=3, args=SERVER, error="EADDRINUSE")
    (
        book
        << told("TIME_WAIT")
        >> call("bind", -1, fd=3, error="EWHATEVER")
        << told("bind() failed with EWHATEVER.")
    )


def test_the_run_itself():
    book = Playbook()
    book.feed(
        events.SettingChanged(t=1, name="accept", value="auto"),
        events.RequestRefused(t=2, request="Release", reason="Nothing is held."),
        events.Marked(t=3, text="here"),
    )
    assert book.world.settings == {"accept": "auto"}
    assert book.world.refused == "Nothing is held."
    assert book.world.caption
    assert book.world.caption.text == "Nothing is held."
    book.feed(events.Ended(t=4, reason="quit"))
    assert (book.world.ended, book.world.t) == ("quit", 4)


def test_the_caption_is_the_weightiest_that_is_new():
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> connect(2) >> arrives(2, "client", "SYN")
    book.feed(events.CounterRaised(t=book.now(), host="server", name="ListenOverflows", by=1, total=1))
    assert book.world.caption
    assert "SYN dropped" in book.world.caption.text
    book >> connect(3)
    assert "SYN dropped" in book.world.caption.text
    book.t += 2_000_000_000
    book >> connect(4)
    assert "#4: connect()" in book.world.caption.text


def test_a_segment_seen_at_one_point_has_left_and_arrived():
    book = Playbook(source="pcap", capabilities=["capture"])
    scratch = Playbook() >> moves(connect(1), arrives(1, "client", "SYN"), segment(1, "server", "SYN|ACK"))
    for number, sent in enumerate(e for e in scratch.events if isinstance(e, events.SegmentSent)):
        book.feed(
            events.SegmentCaptured(
                t=sent.t, id=number + 1, sender=sent.sender, receiver=sent.receiver, segment=sent.segment
            )
        )
    assert book.world.connections[1].client.state == "ESTABLISHED"
    assert book.world.connections[1].server.state == "SYN_RECV"
    assert not book.world.wire.in_flight
