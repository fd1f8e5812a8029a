"""What nobody shows: ghosts, what each end takes for true, the kernel's timers, why something was dropped."""

from dataclasses import replace

import pytest
from drawn import Artist
from msgspec import structs
from scenes import full, unclear
from story import DELAY, MS, S, Story, handshake

from sockviz.tcp.states import State
from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK
from sockviz.tui.render.canvas import ConnectionTarget
from sockviz.tui.render.details import connection_details, segment_details
from sockviz.tui.view import Selection
from sockviz.world.cause import Cause

WIRES = (Artist(38, 12), Artist(25, 8))
SERVERS = (Artist(44, 13), Artist(30, 9))


def large(view):
    return replace(view, density=Density.LARGE)


def caused(view, number, cause, **listener):
    """The view after the kernel did not do what connection `number` asked for."""
    world = view.world
    connections = {**world.connections, number: replace(world.connections[number], cause=cause)}
    ((key, one),) = world.listeners.items()
    return replace(
        view, world=replace(world, connections=connections, listeners={key: replace(one, **listener)})
    )


def half_open(*, held, now=8 * S):
    """The client is ESTABLISHED, its ACK not at the server."""
    story = Story(mode="hold" if held else "flow")
    story.go(S, "client", 1, State.SYN_SENT, pid=21, fd=3)
    story.go(2 * S, "server", 1, State.SYN_RECV)
    story.go(3 * S, "client", 1, State.ESTABLISHED)
    story.send(3 * S, 1, "client", "ACK", seq=1, ack=1, **({"held": True} if held else {}))
    return story.view(now)


@pytest.mark.parametrize("artist", WIRES)
@pytest.mark.parametrize("look", [lambda view: view, large], ids=["normal", "large"])
def test_two_truths_stand_side_by_side_between_the_hosts(artist, look):
    text = artist.wire(look(half_open(held=True))).text
    (line,) = [line for line in text.splitlines() if "SYN_RECV" in line]
    assert line.index("ESTABLISHED") < line.index("≠") < line.index("SYN_RECV")
    names = next(line for line in text.splitlines() if "client" in line and "server" in line)
    assert "●1" in names


def test_the_reason_is_a_sentence_where_there_is_room_and_a_few_words_where_not():
    view = half_open(held=True)
    wide, narrow = (" ".join(artist.wire(view).text.split()) for artist in WIRES)
    assert "ACK held on the wire" in narrow
    assert "The client's ACK waits on the wire, which holds it" in wide


def test_a_moment_on_the_way_is_no_split():
    assert "≠" not in WIRES[0].wire(half_open(held=False, now=3 * S + DELAY // 2)).text
    assert "≠" in WIRES[0].wire(half_open(held=False, now=5 * S)).text


def test_between_what_came_and_its_answer_nothing_is_lost():
    story = Story()
    story.go(S, "client", 1, State.ESTABLISHED)
    story.go(S, "server", 1, State.SYN_RECV)
    assert "≠" not in WIRES[0].wire(story.view(S + MS)).text
    assert "lost, or was never sent" in WIRES[0].wire(story.view(3 * S)).text


def test_where_both_agree_there_is_nothing_to_tell():
    story = Story()
    handshake(story, 1, 0)
    assert "≠" not in WIRES[0].wire(story.view(5 * S)).text


def test_the_chosen_one_is_told_first_and_the_others_in_a_row_each():
    story = Story()
    for number in (1, 2, 3):
        handshake(story, number, 0)
        story.go(4 * S, "server", number, State.CLOSED)
        story.ghosts.add(number)
    picture = Artist(38, 12).wire(story.view(6 * S, Selection(connection=2)))
    lines = picture.text.splitlines()
    (names,) = [at for at, line in enumerate(lines) if "client believes" in line]
    assert "■2" in lines[names]
    assert "▲3 ESTABLISHED ≠ no socket" in picture.text
    assert "●1 ESTABLISHED ≠ no socket" in picture.text
    assert picture.target(2, names + 1) == ConnectionTarget(2, "client")
    assert "≠ 2 more" in Artist(38, 7).wire(story.view(6 * S)).text
    assert "▲3 +2" in Artist(38, 6).wire(story.view(6 * S)).text


def test_a_ghost_is_one_on_both_sides_in_any_density():
    view = unclear()
    for look in (view, large(view)):
        assert "◌ ESTABLISHED" in Artist(36, 18).client(look).text
        assert "ghost" in Artist(36, 18).client(look).text
        assert "◌ no socket" in Artist(44, 18).server(look).text


@pytest.mark.parametrize(
    ("state", "timer", "words", "short"),
    [
        (State.SYN_SENT, "retransmit", "SYN again in 3 s", "↻3s"),
        (State.ESTABLISHED, "retransmit", "resends in 3 s", "↻3s"),
        (State.ESTABLISHED, "keepalive", "keepalive in 3 s", "?3s"),
        (State.ESTABLISHED, "probe", "probes in 3 s", "?3s"),
        (State.FIN_WAIT2, "keepalive", "gives up in 3 s", "†3s"),
        (State.TIME_WAIT, "timewait", "gone in 3 s", "†3s"),
    ],
)
def test_timers_count_down_beside_their_socket(state, timer, words, short):
    story = Story()
    story.go(S, "client", 1, state, pid=21, fd=3)
    story.row("client", 1, state, S, timer=timer, expires=8 * S)
    view = story.view(5 * S + 20 * MS)
    assert words in Artist(50, 13).client(view).text
    assert short in Artist(25, 9).client(view).text
    assert words in Artist(50, 18).client(large(view)).text
    assert short in Artist(29, 18).client(large(view)).text


def test_the_syn_acks_timer_counts_down_on_the_server():
    story = Story()
    story.go(S, "server", 1, State.SYN_RECV)
    story.row("server", 1, State.SYN_RECV, S, timer="retransmit", expires=8 * S)
    assert "SYN-ACK again in 3 s" in Artist(60, 13).server(story.view(5 * S)).text
    assert "again in 3 s" in Artist(44, 13).server(story.view(5 * S)).text


@pytest.mark.parametrize(
    ("cause", "counters", "words"),
    [
        (Cause.ACCEPT_QUEUE_FULL, {"overflows": 2, "drops": 2}, "✗ 2 dropped: accept queue full"),
        (Cause.ABORT_ON_OVERFLOW, {"overflows": 1, "drops": 1}, "✗ 1 dropped: queue full: RST sent"),
        (Cause.SYN_QUEUE_FULL, {"overflows": 0, "drops": 4, "half_open": 3, "syn_capacity": 3},
         "✗ 4 dropped: SYN queue full"),
        (Cause.SYN_BACKLOG, {"overflows": 0, "drops": 4, "half_open": 3, "syn_capacity": 3},
         "✗ 4 dropped: tcp_max_syn_backlog"),
    ],
)  # fmt: skip
def test_the_cause_stands_at_the_queue(cause, counters, words):
    view = caused(full(), 5, cause, **counters)
    assert words in SERVERS[0].server(view).text
    assert words.replace(" dropped", "")[:24] in SERVERS[1].server(view).text
    assert words in Artist(44, 19).server(large(view)).text


def test_causes_of_both_kinds_are_counted_apart():
    view = caused(full(), 5, Cause.SYN_QUEUE_FULL, overflows=2, drops=5)
    assert "✗ 2: accept queue full · 3: SYN queue full" in Artist(48, 13).server(view).text


def test_a_full_syn_queue_that_sends_cookies_says_so():
    view = full()
    cookie = replace(view.world.connections[4], cookie=True)
    view = caused(view, 5, None, half_open=3, syn_capacity=3)
    view = replace(view, world=replace(view.world, connections={**view.world.connections, 4: cookie}))
    assert "3/3 [◆4][??][??] cookies" in SERVERS[0].server(view).text
    assert "3/3 [◆4][??][??] FULL cookies" in Artist(48, 13).server(view).text


def test_where_nobody_listens_the_way_to_accept_says_so():
    view = full()
    ((key, listener),) = view.world.listeners.items()
    world = replace(view.world, listeners={key: replace(listener, state=State.CLOSED)})
    for artist in SERVERS:
        text = artist.server(replace(view, world=world)).text
        assert "✗ nobody listens" in text
        assert "▲ accept()" not in text


# in the ladder, the table and the closer look


def ladder_of(view, width=80, height=20):
    return Artist(width, height).ladder(view).text


def test_the_cause_stands_in_the_ladder_once_below_what_was_ignored():
    story = Story()
    handshake(story, 1, 0)
    cause = "the accept queue is full: 3 waiting, limit 2"
    for t in (5 * S, 6 * S):
        story.send(t, 1, "client", "ACK", seq=1, ack=1, arrived=t + DELAY, ignored=True, cause=cause)
    lines = ladder_of(story.view(9 * S)).splitlines()
    (at,) = [at for at, line in enumerate(lines) if "the accept queue is full" in line]
    assert "✗" in lines[at - 1]
    narrow = " ".join(ladder_of(story.view(9 * S), width=60).replace("▉", " ").split())
    assert "the accept queue is full" in narrow
    assert "limit 2" in narrow
    tight = ladder_of(story.view(9 * S), width=44)
    assert "queue is full" in tight
    assert "waiting" not in tight
    assert "…" not in tight


def test_a_ghost_has_an_empty_bar_on_the_server_and_a_word_where_its_ack_came():
    story = Story()
    story.go(S, "client", 1, State.SYN_SENT)
    story.go(2 * S, "client", 1, State.ESTABLISHED)
    story.send(2 * S, 1, "client", "ACK", seq=1, ack=1, arrived=2 * S + DELAY, ignored=True, cause="full")
    story.ghosts.add(1)
    lines = ladder_of(story.view(5 * S)).splitlines()
    (line,) = [line for line in lines if "no socket" in line]
    assert "✗◌ no socket" in line
    assert "ESTABLISHED ▉" in "\n".join(lines)
    assert ladder_of(story.view(S + MS)).count("◌") == 0


@pytest.mark.parametrize(
    ("cause", "words"), [("cut", "lost: the wire is cut"), ("operator", "dropped"), ("nobody", "nobody")]
)
def test_the_ladder_tells_how_a_segment_was_lost(cause, words):
    story = Story()
    story.send(S, 1, "client", "SYN", dropped=S + DELAY, cause=cause)
    assert words in ladder_of(story.view(5 * S), width=110)


@pytest.mark.parametrize(
    ("cause", "words"),
    [(Cause.NO_LISTENER, "nobody listens"), (Cause.ABORT_ON_OVERFLOW, "accept queue full")],
)
def test_the_ladder_tells_why_a_kernel_refused(cause, words):
    story = Story()
    story.send(S, 1, "client", "SYN", arrived=S + DELAY)
    story.send(S + DELAY, 1, "server", "RST|ACK", arrived=S + 2 * DELAY)
    view = caused(story.view(5 * S), 1, cause)
    assert f"RST {words}" in ladder_of(view)
    assert words not in ladder_of(story.view(5 * S))


def test_what_was_overtaken_is_out_of_order():
    story = Story()
    story.send(S, 1, "client", "PSH|ACK", length=5, arrived=S)
    story.arrows[0] = replace(story.arrows[0], late=True)
    assert "out of order" in ladder_of(story.view(5 * S), width=100)
    assert "late" in ladder_of(story.view(5 * S), width=30)
    details = segment_details(story.view(5 * S), story.arrows[0], None, DARK)
    assert any("others that were sent later overtook it" in line.plain for line in details)


def timed(state="TIME_WAIT", kind="timewait"):
    story = Story()
    story.go(S, "client", 1, State(state))
    story.row("client", 1, State(state), S, timer=kind, expires=60 * S)
    return story


def test_timers_count_down_in_the_table_by_their_names():
    story = timed()
    assert "timewait 55 s" in Artist(100, 10).table(story.view(5 * S)).text
    assert "timewait 54 s" in Artist(100, 10).table(story.view(6 * S)).text
    assert " 54 s" in Artist(60, 10).table(story.view(6 * S)).text
    assert "on 55 s" in Artist(100, 10).table(timed("SYN_SENT", "retransmit").view(5 * S)).text
    assert "Timer" not in Artist(100, 10).table(story.view(99 * S)).text


def test_the_tables_columns_do_not_come_and_go_with_the_timers():
    story = Story()
    handshake(story, 1, 0)
    view = story.view(9 * S)
    assert "Timer" not in Artist(60, 10).table(view).text
    header = structs.replace(view.world.header, capabilities=("table",))
    view = replace(view, world=replace(view.world, header=header))
    assert "Timer" in Artist(60, 10).table(view).text


def test_a_closer_look_says_what_the_timer_does_and_what_each_end_believes():
    view = timed("SYN_SENT", "retransmit").view(5 * S)
    text = "\n".join(line.plain for line in connection_details(view, view.world.connections[1], DARK))
    assert "retransmit: sends its SYN again in 55 s" in text
    assert "split truth" in text
    assert "no socket  has no socket: there is no such connection" in text
    agreed = Story()
    handshake(agreed, 1, 0)
    view = agreed.view(9 * S)
    lines = connection_details(view, view.world.connections[1], DARK)
    assert not any("split truth" in line.plain for line in lines)
