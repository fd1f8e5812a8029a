"""A run as text: what a reader of a handout sees."""

from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, arrives, lost, passes, raised, segment, waits, wire
from playbook_calls import accepts, call, connect, entered, establishes, listen, queue, returned

from sockviz import events
from sockviz.export.text import render

MS = 1_000_000


def text(book: Playbook, width: int = 80) -> str:
    return "\n".join(render(book.events, width))


def line_with(book: Playbook, word: str) -> str:
    return next(line for line in render(book.events) if word in line)


def test_the_handshake():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4)
    syn, syn_ack, ack, arrived = [
        line.split(None, 1)[1] for line in render(book.events) if " #1 " in line and "─" in line
    ]
    assert syn == "SYN_SENT │─ #1 SYN ────────────────▶│"
    assert syn_ack == "ESTABLISHED │◀──────────── #1 SYN-ACK ─│ SYN_RECV"
    assert ack == "│─ #1 ACK ──────── ─ ─ ─ ─ │", "connect() returns before the ACK arrives"
    assert arrived == "│ ─ ─ ─ ─  #1 ACK ────────▶│ ESTABLISHED"
    assert "#1 connect(3) = 0" in text(book)
    assert "#1 accept(3) = 4" in text(book)


def test_a_segment_under_way_while_something_else_happens_has_two_rows():
    book = (
        Playbook()
        >> listen()
        >> establishes(1)
        >> segment(1, "client", "FIN|ACK")
        >> segment(1, "server", "FIN|ACK")
    )
    book >> waits(250 * MS) >> arrives(1, "client", "FIN|ACK") >> arrives(1, "server", "FIN|ACK")
    fins = [line.partition("│")[2].partition("│")[0] for line in render(book.events) if "#1 FIN" in line]
    assert len(fins) == 4
    assert [("▶" in fin, "◀" in fin) for fin in fins] == [(False, False)] * 2 + [(True, False), (False, True)]
    assert all("252 ms" in fin or "251 ms" in fin for fin in fins[2:])


def test_what_is_dropped_and_what_is_ignored_ends_with_a_cross_and_its_cause():
    book = Playbook() >> listen(backlog=0) >> establishes(1) >> queue(1, 0) >> connect(2)
    book >> arrives(2, "client", "SYN") >> raised("ListenOverflows") >> wire("cut")
    book >> segment(2, "client", "SYN", again=True) >> lost(2, "client", "SYN", "cut")
    assert "#2 SYN ────────────────X│" in text(book)
    again = line_with(book, "SYN again")
    assert "X" in again
    assert "▶" not in again
    flat = " ".join(text(book).replace("│", " ").split())
    assert "the accept queue is full: 1 waiting, limit 0" in flat
    assert "1 times: the accept queue is full: 1 waiting, limit 0 (ListenOverflows)" in flat
    assert "1 times: the wire is cut" in flat


def test_a_blocked_call_is_open_until_it_returns():
    book = Playbook() >> listen() >> entered("accept", fd=3)
    assert "accept(3) …" in text(book)
    book >> establishes(1) >> returned("accept", 4, local="10.0.0.1:8001", remote=book.flow(1).client)
    lines = [line for line in render(book.events) if "accept(3)" in line]
    assert [line.split()[-1] for line in lines] == ["…", "4"]
    book >> call("close", fd=4)
    assert "#1 close(4) = 0" in text(book)


def test_a_failed_call_names_the_error():
    book = Playbook() >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "RST|ACK")
    book >> returned("connect", -1, host="client", pid=101, error="ECONNREFUSED")
    assert "= -1 ECONNREFUSED" in " ".join(text(book).replace("│", " ").split())
    assert "no socket" in text(book)


def test_the_summary():
    book = Playbook() >> listen() >> establishes(1) >> establishes(2) >> queue(2, 2) >> accepts(1, 4)
    book >> passes(1, "client", "PSH|ACK", length=5)
    flat = " ".join(text(book).split())
    assert "#1 client 10.0.0.2:40001 SYN_SENT → ESTABLISHED, client 1 fd 3, 5 bytes sent" in flat
    assert "server 10.0.0.1:8001 SYN_RECV → ESTABLISHED, server fd 4" in flat
    assert "server 10.0.0.1:8001 SYN_RECV → ESTABLISHED, no owner, not accepted" in flat
    assert "server 10.0.0.1:8001 LISTEN, backlog 2, accept queue 1 (limit 2), SYN queue 0" in flat
    assert "at most 2 waited in the accept queue" in flat


def test_what_no_reading_shows_has_a_star():
    book = Playbook() >> listen() >> connect(1)
    assert "SYN_SENT*" in text(book)
    assert "* inferred" in text(book)
    assert "*" not in text(Playbook() >> listen())


def test_marks_and_the_wire_are_noted():
    book = Playbook() >> wire("hold")
    book.feed(events.Marked(t=book.now(), text="look here"))
    assert "· the wire holds ·" in text(book)
    assert "· look here ·" in text(book)


def test_nothing_at_all():
    assert list(render([])) == [""]


def test_no_control_character_gets_through():
    evil = "\x1b]0;owned\x07\r\n\x9b31m\u202e"
    book = Playbook() >> listen()
    book.feed(
        events.Header(
            t=0,
            format=1,
            source="lab",
            hosts=(events.Host(name=evil, addresses=()),) * 2,
            made_by=evil,
            hidden=(evil,),
        ),
        events.ProgramStarted(t=1, host="client", pid=1, program=evil),
        events.CallEntered(t=2, call=1, host="client", pid=1, thread="main", name=evil, args=evil),
        events.CallReturned(t=3, call=1, host="client", pid=1, result=-1, error=evil),
        events.Marked(t=4, text=evil),
        events.CounterRaised(t=5, host=evil, name=evil, by=1, total=1),
        events.SegmentSent(
            t=6,
            id=1,
            sender="client",
            receiver="server",
            segment=events.Segment(
                source=evil, destination=evil, flags="SYN", seq=1, ack=0, window=1, length=0
            ),
        ),
        events.SocketsSampled(
            t=7,
            host="server",
            began=6,
            changed=(events.SocketRow(state="LISTEN", local=evil, remote="0.0.0.0:0"),),
        ),
    )
    assert all(line.isprintable() for line in render(book.events))


moves = st.sampled_from(
    [
        connect(1),
        establishes(2),
        establishes(3),
        segment(2, "server", "FIN|ACK"),
        passes(2, "client", "PSH|ACK", length=3),
        passes(3, "client", "FIN|ACK"),
        passes(3, "server", "RST|ACK"),
        accepts(2, 4),
        entered("recv", fd=4),
        call("setsockopt", fd=3, args="SOL_SOCKET, SO_REUSEADDR, [1]"),
        raised("ListenOverflows"),
        wire("hold"),
        waits(70 * MS),
    ]
)


@settings(max_examples=150)
@given(st.lists(moves, max_size=15), st.integers(20, 200))
def test_it_fits_the_width_and_the_lifelines_are_straight(several, width):
    book = Playbook() >> listen()
    for move in several:
        move(book)
    lines = list(render(book.events, width))
    assert max(map(len, lines)) <= max(width, 72)
    rungs = [line for line in lines if line.count("│") == 2]
    assert len({line.index("│") for line in rungs}) == 1
    assert len({line.rindex("│") for line in rungs}) == 1
