"""Whatever happens: the fold does not fail, its parts agree, and how events are cut makes no difference."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, arrives, lost, passes, raised, segment, wire
from playbook_calls import (
    accepts,
    call,
    connect,
    connected,
    ends_program,
    establishes,
    listen,
    queue,
    sampled,
    sees,
    sees_no,
)

from sockviz import events
from sockviz.events import RowKey, Segment, SocketRow
from sockviz.export.story import tell
from sockviz.tcp.states import TABLE, State, Trigger
from sockviz.world.beliefs import splits
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Provenance, Transition, World
from sockviz.world.timers import countdowns

SERVER = "10.0.0.1:8001"
HEADER = events.Header(
    t=0,
    format=1,
    source="lab",
    hosts=(
        events.Host(name="client", addresses=("10.0.0.2",)),
        events.Host(name="server", addresses=("10.0.0.1",)),
    ),
    made_by="test",
    capabilities=("capture", "table"),
    limits=(
        events.Limit(queue="syn", backlog=1, capacity=2),
        events.Limit(queue="accept", backlog=1, capacity=1),
    ),
)

hosts = st.sampled_from(["client", "server"])
clients = st.sampled_from(["10.0.0.2:40001", "10.0.0.2:40002", "10.0.0.66:1024"])
small = st.integers(0, 6)
pids = st.integers(1, 3)
flags = st.sampled_from(
    ["SYN", "SYN|ACK", "ACK", "FIN|ACK", "RST", "RST|ACK", "PSH|ACK", "FIN", "SYN|FIN", ""]
)
# Mostly the numbers of a tidy connection, so that segments are believed; some around the wrap.
numbers = st.one_of(st.integers(100, 103), st.integers(0, 2), st.just(0xFFFFFFFF))
names = st.sampled_from(
    [
        "socket",
        "bind",
        "listen",
        "accept",
        "accept4",
        "read",
        "writev",
        "epoll_wait",
        "connect",
        "send",
        "recv",
        "sendto",
        "recvfrom",
        "shutdown",
        "close",
        "setsockopt",
    ]
)
counters = st.sampled_from(
    [
        "ListenOverflows",
        "ListenDrops",
        "TCPReqQFullDrop",
        "SyncookiesSent",
        "TCPRcvQDrop",
        "UdpRcvbufErrors",
        "Other",
    ]
)
sysctls = st.sampled_from(["net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog", "net.core.somaxconn"])
states = st.sampled_from([*State, "NONSENSE"])


@st.composite
def addresses(draw) -> tuple[str, str, str]:
    """A host, and its own and its peer's address there."""
    host, client = draw(hosts), draw(clients)
    return (host, client, SERVER) if host == "client" else (host, SERVER, client)


@st.composite
def a_segment(draw):
    host, local, remote = draw(addresses())
    segment = Segment(
        source=local,
        destination=remote,
        flags=draw(flags),
        seq=draw(numbers),
        ack=draw(numbers),
        window=1000,
        length=draw(st.integers(0, 2)),
        protocol=draw(st.sampled_from(["tcp", "tcp", "tcp", "udp", "icmp"])),
        says=draw(st.sampled_from(["", "", "fragment", "port unreachable"])),
    )
    receiver = "server" if host == "client" else "client"
    kind = draw(st.sampled_from([events.SegmentSent, events.SegmentCaptured]))
    return kind(t=0, id=draw(small), sender=host, receiver=receiver, segment=segment)


@st.composite
def a_reading(draw):
    host, local, remote = draw(addresses())
    remote = draw(st.sampled_from([remote, "0.0.0.0:0"]))
    row = SocketRow(
        state=draw(states),
        local=local,
        remote=remote,
        pid=draw(st.none() | pids),
        fd=draw(st.none() | small),
        inode=draw(st.none() | st.integers(0, 1)),
        recv_queue=draw(st.integers(0, 1)),
        protocol=draw(st.sampled_from(["tcp", "tcp", "udp"])),
    )
    gone = draw(st.booleans())
    key = RowKey(local=local, remote=remote, protocol=row.protocol)
    began = draw(st.integers(-3, 0))
    return events.SocketsSampled(
        t=0, host=host, began=began, changed=() if gone else (row,), gone=(key,) if gone else ()
    )


@st.composite
def a_call(draw):
    host, local, remote = draw(addresses())
    if draw(st.booleans()):
        args = draw(
            st.sampled_from(
                [
                    "",
                    "backlog=1",
                    SERVER,
                    "SHUT_WR",
                    "AF_INET, SOCK_DGRAM",
                    "SOL_SOCKET, SO_LINGER, {}",
                    "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}",
                    "SOL_TCP, TCP_DEFER_ACCEPT, [5]",
                ]
            )
        )
        return events.CallEntered(
            t=0,
            call=draw(small),
            host=host,
            pid=draw(pids),
            thread=draw(st.sampled_from(["main", "fd 4"])),
            name=draw(names),
            fd=draw(st.none() | small),
            args=args,
        )
    error = draw(st.sampled_from([None, "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET", "EINTR"]))
    return events.CallReturned(
        t=0,
        call=draw(small),
        host=host,
        pid=draw(pids),
        result=-1 if error else draw(small),
        error=error,
        local=draw(st.none() | st.just(local)),
        remote=draw(st.none() | st.just(remote)),
    )


anything = st.one_of(
    a_segment(),
    a_segment(),
    st.builds(events.SegmentDelivered, t=st.just(0), id=small),
    st.builds(events.SegmentDelivered, t=st.just(0), id=small),
    st.builds(events.SegmentReleased, t=st.just(0), id=small, due=small),
    st.builds(
        events.SegmentDropped,
        t=st.just(0),
        id=small,
        cause=st.sampled_from(["operator", "cut", "resent", "nobody"]),
        original=st.none() | small,
    ),
    st.builds(
        events.SettingChanged,
        t=st.just(0),
        name=sysctls,
        value=st.sampled_from(["0", "1", "4", "x"]),
        host=hosts | st.none(),
    ),
    a_reading(),
    a_call(),
    a_call(),
    st.builds(
        events.ListenerSampled,
        t=st.just(0),
        host=hosts,
        local=st.just(SERVER),
        depth=st.integers(0, 2),
        limit=st.integers(0, 1),
    ),
    st.builds(events.ListenerGone, t=st.just(0), host=hosts, local=st.just(SERVER), cookie=st.integers(0, 2)),
    st.builds(events.ListenerMissing, t=st.just(0), host=hosts, waited=small),
    st.builds(
        events.ProgramStarted,
        t=st.just(0),
        host=hosts,
        pid=pids,
        program=st.just("x"),
        command=st.sampled_from(["", "./x"]),
        parent=st.none() | pids,
    ),
    st.builds(events.CommandChanged, t=st.just(0), host=hosts, pid=pids, command=st.just("y")),
    st.builds(events.ProgramOutput, t=st.just(0), host=hosts, pid=pids, data=st.binary(max_size=9)),
    st.builds(
        events.ProgramEnded, t=st.just(0), host=hosts, pid=pids, status=st.none() | st.integers(-70, 9)
    ),
    st.builds(events.TerminalChanged, t=st.just(0), host=hosts, pid=pids, columns=small, rows=small),
    st.builds(
        events.SignalReceived, t=st.just(0), host=hosts, pid=pids, thread=st.just("main"), signal=st.text()
    ),
    st.builds(
        events.ThreadSampled,
        t=st.just(0),
        host=hosts,
        pid=pids,
        thread=st.sampled_from(["main", "fd 4"]),
        name=st.sampled_from(["", "accept", "read", "poll"]),
        fd=st.none() | small,
    ),
    st.builds(
        events.CounterRaised, t=st.just(0), host=hosts, name=counters, by=st.integers(0, 3), total=small
    ),
    st.builds(events.WireChanged, t=st.just(0), mode=st.sampled_from(["flow", "hold", "cut"]), delay=small),
)


def timed(several: list) -> list:
    """The events a nanosecond apart; some readings began a little earlier."""
    made = [HEADER]
    for t, event in enumerate(several, 1):
        changes = {"t": t}
        if isinstance(event, events.SocketsSampled):
            changes["began"] = t + event.began
        made.append(type(event)(**{**{f: getattr(event, f) for f in event.__struct_fields__}, **changes}))
    return made


number = st.integers(1, 3)
live = st.sampled_from(["SYN", "SYN|ACK", "ACK", "ACK", "PSH|ACK", "FIN|ACK", "FIN|ACK", "RST|ACK"])
plausible = st.one_of(
    st.builds(segment, number, hosts, live, length=st.integers(0, 2), again=st.booleans()),
    st.builds(passes, number, hosts, live, length=st.integers(0, 2)),
    st.builds(arrives, number, hosts, live),
    st.builds(lost, number, hosts, live, st.sampled_from(["operator", "cut", "resent"])),
    st.builds(sees, hosts, number, st.sampled_from(list(State)), pid=st.none() | pids, fd=st.none() | small),
    st.builds(sees_no, hosts, number),
    st.builds(sampled, hosts, began=st.none() | st.integers(0, 30_000_000)),
    st.builds(establishes, number),
    st.builds(connect, number),
    st.builds(connected, number),
    st.builds(accepts, number, fd=st.integers(4, 6)),
    st.builds(call, names, small, fd=st.integers(3, 6)),
    st.builds(call, names, small, host=st.just("client"), pid=st.integers(101, 103), fd=st.just(3)),
    st.builds(listen, st.integers(0, 1)),
    st.builds(raised, counters, by=st.integers(1, 2)),
    st.builds(ends_program, st.none() | number),
    st.builds(queue, st.integers(0, 2), st.integers(0, 1)),
    st.builds(wire, st.sampled_from(["flow", "hold", "cut"])),
)
"""Moves of the playbook: with the numbers of a real connection, but in any order."""


def played(several: list) -> list:
    """What the moves make; one that can't be made now is left out."""
    book = Playbook() >> listen(1)
    for move in several:
        with contextlib.suppress(StopIteration, KeyError):
            move(book)
    return book.events


runs = st.one_of(st.lists(anything, max_size=40).map(timed), st.lists(plausible, max_size=40).map(played))


@settings(max_examples=400)
@given(runs, st.data())
def test_how_the_events_are_cut_makes_no_difference(run, data):
    whole, facts = advance(World(), run)
    world, pieces, place = World(), [], 0
    while place < len(run):
        size = data.draw(st.integers(1, 7))
        world, more = advance(world, run[place : place + size])
        pieces += more
        place += size
    assert world == whole
    assert pieces == facts


@settings(max_examples=400)
@given(runs)
def test_the_parts_of_the_world_agree(run):
    world, facts = advance(World(), run)
    for connection in world.connections.values():
        ends = (connection.client, connection.server)
        assert (connection.closed is not None) <= all(end.state is State.CLOSED for end in ends)
        assert not connection.ghost or ends[0].state is State.ESTABLISHED
        for end in ends:
            assert end.bytes_sent >= 0
            assert end.bytes_received >= 0
            if end.history:
                assert end.history[-1].after is end.state
                assert end.history[-1].provenance is end.provenance
    for listener in world.listeners.values():
        for number in listener.syn_queue:
            assert world.connections[number].server.state is State.SYN_RECV
        assert len(set(listener.accept_queue)) == len(listener.accept_queue)
        assert not any(world.connections[number].server.accepted for number in listener.accept_queue)
    for (host, local, remote), number in world.tracking.index.items():
        end = world.connections[number].end(host)
        assert (end.local, end.remote) == (local, remote)
    assert {fact.id for fact in facts if isinstance(fact, Arrow)} >= set(world.wire.in_flight)
    for host, pid, fd in world.datagrams:
        assert (world.datagrams[host, pid, fd].host, world.datagrams[host, pid, fd].fd) == (host, fd)
    for found in splits(world):
        assert found.why
        assert set(found.settled_by) <= set(world.wire.in_flight)
    assert all(timer.left >= 0 for timer in countdowns(world, world.t))


@settings(max_examples=400)
@given(runs)
def test_every_transition_is_an_edge_of_the_table_and_follows_the_one_before(run):
    at: dict = {}
    for transition in tell(run).transitions:
        edge = TABLE.get((transition.before, Trigger(transition.why)))
        if edge is not None:
            assert edge.after is transition.after
        else:
            assert transition.provenance is Provenance.SAMPLED, "only the table may do what TCP can't"
        key = (transition.connection, transition.host, transition.local, transition.remote)
        before = at.get(key, State.CLOSED)
        # A listener's child comes out of LISTEN, having been no socket.
        assert transition.before is before or (before, transition.before) == (State.CLOSED, State.LISTEN)
        at[key] = transition.after


@settings(max_examples=200)
@given(runs)
def test_the_first_report_of_a_transition_is_never_confirmed_yet_and_never_twice(run):
    _, facts = advance(World(), run)
    seen = set()
    for fact in facts:
        if isinstance(fact, Transition) and not fact.corrects:
            key = (fact.connection, fact.host, fact.t, fact.before, fact.after, fact.provenance)
            assert key not in seen
            seen.add(key)
