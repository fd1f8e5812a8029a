"""The two panels: what they say, in which zone, and what gives way when there is no room."""

import re
from dataclasses import replace

import pytest
from drawn import Artist
from scenes import accepted, full, listening, swarm, syn_recv, unclear
from story import S, Story, handshake

from sockviz.events import Header, Host
from sockviz.tcp.states import State
from sockviz.tui.render import marks
from sockviz.tui.render.canvas import ConnectionTarget
from sockviz.tui.view import Selection, StageView
from sockviz.world.model import Program, World
from sockviz.world.sockets import DatagramSocket

ROOMY = Artist(46, 13)
SMALL = Artist(30, 10)


def rows(picture):
    return picture.text.splitlines()


def row(picture, text):
    (found,) = [line for line in rows(picture) if text in line]
    return found


def test_the_servers_program_is_above_the_line_and_the_kernel_below():
    lines = rows(ROOMY.server(accepted()))
    (line,) = [at for at, text in enumerate(lines) if "kernel" in text]
    above, below = "\n".join(lines[:line]), "\n".join(lines[line:])
    assert "fd 3 ┊ LISTEN" in above
    assert "fd 4 ●1" in above
    assert "recv(4) ◷ blocked" in above
    assert "queue" not in above
    order = [below.index(text) for text in ("▲ accept()", "accept queue", "▲ final ACK", "SYN queue", "●1 █")]
    assert order == sorted(order)


def test_a_queue_shows_its_members_and_its_free_slots():
    assert "1/3 [●1][  ][  ]" in row(ROOMY.server(syn_recv()), "accept queue")
    assert "1/3 [■2][  ][  ]" in row(ROOMY.server(syn_recv()), "SYN queue")
    assert "accept 1/3 ●1 ·· ··" in row(SMALL.server(syn_recv()), "accept 1")


def test_a_full_queue_says_so_in_any_size():
    assert "3/3 [●1][■2][▲3] FULL" in row(ROOMY.server(full()), "accept queue 3")
    assert "3/3 ●1 ■2 ▲3 FULL" in row(SMALL.server(full()), "accept 3")
    assert "FULL" not in ROOMY.server(syn_recv()).text


def test_a_queue_of_unknown_capacity_has_no_free_slots_and_is_never_full():
    line = row(ROOMY.server(unclear()), "accept queue")
    assert "accept queue 1   [■2] " in line
    assert "/" not in line


def test_more_members_than_fit_are_counted():
    line = row(ROOMY.server(swarm()), "accept queue")
    assert "40/129 ●1" in line
    shown = sum(f" {shape}" in line for shape in ("●1", "■2", "▲3", "◆4", "●5", "■6"))
    assert f"… +{40 - shown}" in line


def test_more_free_slots_than_fit_are_hinted_at():
    story = Story()
    handshake(story, 1, 0)
    story.listening(accept_queue=(1,), depth=1, limit=128)
    line = row(ROOMY.server(story.view(5 * S)), "accept queue")
    assert re.search(r"1/129 ●1 (·· )+…", line)
    assert "…" not in row(ROOMY.server(syn_recv()), "accept queue")


def test_members_that_only_the_kernel_counts_have_a_slot_without_a_name():
    story = Story()
    handshake(story, 1, 0)
    story.listening(accept_queue=(1,), depth=2)
    assert "2/3 [●1][??][  ]" in row(ROOMY.server(story.view(5 * S)), "accept queue")


def test_what_was_dropped_is_counted():
    assert "✗ 2 dropped: accept queue full" in ROOMY.server(full()).text


def test_a_great_number_of_drops_leaves_the_way_up_alone():
    view = full()
    ((key, listener),) = view.world.listeners.items()
    world = replace(view.world, listeners={key: replace(listener, drops=12345)})
    line = row(Artist(44, 13).server(replace(view, world=world)), "final ACK")
    assert re.fullmatch(r"│ ✗ 12345 dropped +▲ final ACK +│", line)
    assert "✗ 2: accept queue full" in SMALL.server(full()).text


def test_a_socket_that_nobody_accepted_has_no_descriptor():
    picture = ROOMY.server(accepted())
    assert f"fd {marks.NOBODY}" in row(picture, "■2 █ ESTABLISHED")
    assert "fd 4" in row(picture, "●1 █ ESTABLISHED")


def test_a_blocked_call_and_for_how_long():
    assert "accept(3) ◷ blocked 2 s" in ROOMY.server(listening()).text
    assert "connect(3) ◷ blocked 4 s" in Artist(36, 13).client(syn_recv()).text
    assert "connect(3) ◷ blocked" in Artist(25, 10).client(syn_recv()).text


def test_a_failed_call_shows_its_error_even_where_it_is_narrow():
    assert "connect(3) = -1 ECONNREFUSED" in Artist(36, 13).client(unclear()).text
    assert "✗ ECONNREFUSED" in Artist(24, 10).client(unclear()).text


def test_what_the_kernel_has_not_confirmed_is_marked():
    text = Artist(36, 13).client(unclear()).text
    assert "▲3 ◌ ESTABLISHED~ ghost" in text
    assert "●1 █ ESTABLISHED " in text


def test_where_the_kernel_disagrees_both_are_shown():
    assert "■2 █ ESTABLISHED ≠ ▒ SYN_RECV" in ROOMY.server(unclear()).text
    assert "■2 ESTABLISHED≠SYN_RECV" in SMALL.server(unclear()).text


def test_a_table_that_was_read_before_the_change_is_no_disagreement():
    view = unclear()
    old = replace(view.world, sampled={"server": 0, "client": 0})
    assert "≠" not in ROOMY.server(replace(view, world=old)).text


def test_a_ghost_has_no_socket_on_the_server():
    assert "▲3 ◌ no socket here ╌╌" in ROOMY.server(unclear()).text
    assert "▲3 ◌ no socket here ╌╌" in SMALL.server(unclear()).text
    assert "▲3 ◌ESTABLISHED ghost" in Artist(25, 9).client(unclear()).text


def test_the_selected_connection_is_marked_also_without_colour():
    assert "▸■2 ░ SYN_SENT" in Artist(36, 13).client(syn_recv()).text


@pytest.mark.parametrize("height", [6, 8, 10, 13])
def test_the_selected_connection_is_shown_however_many_there_are(height):
    view = replace(swarm(), selection=Selection(connection=7))
    assert "▸▲7  ░ SYN_SENT" in Artist(36, height).client(view).text
    assert "more" in Artist(36, height).client(view).text


def test_rows_and_slots_stand_for_their_connection():
    picture = ROOMY.server(syn_recv())
    lines = rows(picture)
    at = next(y for y, line in enumerate(lines) if "■2 ▒" in line)
    assert picture.target(10, at) == ConnectionTarget(2, "server")
    at = next(y for y, line in enumerate(lines) if "accept queue" in line)
    assert picture.target(lines[at].index("●1"), at) == ConnectionTarget(1, "server")


def test_programs_without_a_connection_are_shown():
    story = Story()
    story.call(0, "client", 9, "socket", result=3)
    assert "client 9  socket() = 3" in Artist(36, 13).client(story.view(S)).text


def test_no_listener_and_no_program():
    text = ROOMY.server(StageView(World())).text
    assert "no program is running" in text
    assert "nobody listens" in text
    assert "no client yet" in ROOMY.client(StageView(World())).text


def test_columns_stand_under_each_other():
    nobody = f"fd {marks.NOBODY}"
    lines = [line for line in rows(ROOMY.server(full())) if nobody in line]
    assert len({line.index(nobody) for line in lines}) == 1
    assert len({line.index(":447") for line in lines}) == 1


def test_an_end_that_was_closed_gives_way_to_living_ones():
    story = Story()
    for i in range(1, 10):
        story.go(i, "client", i, State.SYN_SENT, pid=i, fd=3)
    story.go(S, "client", 9, State.CLOSED)
    text = Artist(36, 8).client(story.view(2 * S)).text
    assert "●9" not in text
    assert "◆8 ░ SYN_SENT" in text
    assert "●9 · CLOSED" in Artist(36, 14).client(story.view(2 * S)).text


def test_what_the_kernel_will_do_by_itself_is_told_with_its_time():
    story = Story()
    handshake(story, 1, 0)
    story.call(S, "client", 21, "close", 3, result=0, connection=1)
    story.go(2 * S, "client", 1, State.TIME_WAIT)
    story.row("client", 1, State.TIME_WAIT, 2 * S, timer="timewait", expires=62 * S)
    story.go(2 * S, "server", 1, State.LAST_ACK)
    story.row("server", 1, State.LAST_ACK, 2 * S, timer="retransmit", expires=8 * S)
    view = story.view(5 * S)
    assert "gone in 57 s" in Artist(38, 13).client(view).text
    assert "FIN again in 3 s" in Artist(60, 13).server(view).text
    assert "again in 3 s" in ROOMY.server(view).text
    assert "↻3s" in SMALL.server(view).text
    assert "again" not in Artist(60, 13).server(story.view(9 * S)).text


@pytest.mark.parametrize(("local", "address"), [("10.0.0.1:8001", "10.0.0.2"), ("[fd00::1]:8001", "fd00::2")])
def test_the_client_has_the_address_of_the_family_that_is_listened_on(local, address):
    view = listening()
    hosts = (Host(name="client", addresses=("10.0.0.2", "fd00::2")),)
    header = Header(t=0, format=1, source="lab", hosts=hosts, made_by="sockviz")
    listener = replace(next(iter(view.world.listeners.values())), local=local)
    world = replace(view.world, header=header, listeners={("server", local): listener})
    assert f"client {address} ─" in Artist(36, 5).client(replace(view, world=world)).text


def test_of_both_families_the_client_has_the_address_of_the_one_that_is_used():
    view = accepted()
    hosts = (Host(name="client", addresses=("fd00::2", "10.0.0.2")),)
    header = Header(t=0, format=1, source="lab", hosts=hosts, made_by="sockviz")
    listener = next(iter(view.world.listeners.values()))
    both = {("server", local): replace(listener, local=local) for local in ("0.0.0.0:8080", "[::]:8081")}
    for connections, address in ((view.world.connections, "10.0.0.2"), ({}, "10.0.0.2")):
        world = replace(view.world, header=header, listeners=both, connections=connections)
        assert f"client {address} ─" in Artist(36, 5).client(replace(view, world=world)).text
    six = {("server", "[::]:8081"): both["server", "[::]:8081"]}
    world = replace(view.world, header=header, listeners=six)
    assert "client 10.0.0.2 ─" in Artist(36, 5).client(replace(view, world=world)).text


def test_an_age_of_minutes_does_not_touch_the_port():
    story = Story()
    handshake(story, 1, 0)
    view = story.view(5000 * S)
    assert " fd 3 :44734 83 m │" in Artist(38, 13).client(view).text
    assert ":44734 83 m │" in Artist(44, 13).server(view).text


def test_a_listener_whose_server_does_something_else_is_not_in_accept():
    story = Story()
    handshake(story, 1, 0, accepted=4)
    story.call(S, "server", 11, "close", 4, result=0, connection=1)
    assert "fd 3 ┊ LISTEN  not in accept()" in ROOMY.server(story.view(2 * S)).text


def test_what_a_capture_does_not_show_is_not_denied():
    header = Header(t=0, format=1, source="pcap", hosts=(), made_by="test", capabilities=("capture",))
    text = Artist(40, 12).server(StageView(world=World(header=header))).text
    assert "programs are not seen" in text
    assert "queues are not seen" in text
    assert "nobody listens" not in text


def two_servers():
    """One listens and waits; another one, started later, can't have the port."""
    story = Story()
    story.call(S, "server", 11, "accept", 3)
    story.call(2 * S, "server", 15, "bind", 3, result=-1, error="EADDRINUSE")
    view = story.view(3 * S)
    programs = dict(view.world.programs)
    programs["server", 15] = replace(programs["server", 15], name="other")
    return replace(view, world=replace(view.world, programs=programs))


def test_several_programs_of_a_server_stand_below_each_other_by_name():
    lines = rows(ROOMY.server(two_servers()))
    assert "server fd 3 ┊ LISTEN  accept(3) ◷ blocked" in lines[1]
    assert "other  fd 3" in lines[2]
    assert "pid" not in lines[0]
    assert "accept(3) ◷" in rows(SMALL.server(two_servers()))[1]


def test_a_program_that_has_done_nothing_gives_way_to_one_that_has():
    story = Story()
    story.listener = None
    story.call(S, "server", 15, "connect", 3)
    view = story.view(2 * S)
    idle = Program("server", 6, "server")
    world = replace(view.world, programs={("server", 6): idle, **view.world.programs})
    assert "connect(3) ◷ blocked" in ROOMY.server(replace(view, world=world)).text
    assert "pid 15" in ROOMY.server(replace(view, world=world)).text
    alone = replace(view.world, programs={("server", 6): idle})
    assert "pid 6" in ROOMY.server(replace(view, world=alone)).text


@pytest.mark.parametrize("artist", [ROOMY, SMALL])
def test_a_datagram_socket_has_one_queue(artist):
    story = Story()
    story.listener = None
    story.call(S, "server", 15, "recvfrom", 3)
    view = story.view(2 * S)
    socket = DatagramSocket("server", 15, 3, "10.0.0.1:9000", arrived=4, lost=1, read=1)
    text = artist.server(replace(view, world=replace(view.world, datagrams={("server", 15, 3): socket}))).text
    assert "▲ recvfrom()" in text
    assert "UDP :9000  2 waiting  ✗ 1" in text
    assert "nobody listens" not in text


def test_a_timer_of_an_earlier_state_is_not_told():
    story = Story()
    story.go(S, "client", 1, State.FIN_WAIT1)
    story.row("client", 1, State.FIN_WAIT1, S, timer="retransmit", expires=60 * S)
    assert "again in" in Artist(50, 13).client(story.view(5 * S)).text
    story.ends["client", 1] = replace(story.ends["client", 1], state=State.TIME_WAIT)
    assert "again in" not in Artist(50, 13).client(story.view(5 * S)).text
