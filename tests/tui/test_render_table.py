"""The socket table as text."""

from dataclasses import replace

import pytest
from drawn import Artist
from scenes import accepted, full, swarm, syn_recv, unclear
from story import S, Story, handshake

from sockviz.events import SocketRow
from sockviz.tui.render.canvas import ConnectionTarget
from sockviz.tui.render.table import MOST, listing
from sockviz.tui.view import Selection
from sockviz.world.sockets import DatagramSocket


def lines(picture):
    return picture.text.splitlines()


def test_it_reads_like_netstat():
    text = lines(Artist(80, 12).table(accepted()))
    assert (
        text[0].split()
        == "Host Proto Recv-Q Send-Q Local Foreign State PID/fd".replace("Local", "Local Address").split()
    )
    assert text[1].split() == ["server", "tcp", "1", "2", "10.0.0.1:8001", "0.0.0.0:*", "LISTEN", "11/3"]
    assert text[2].split() == [
        "●1*server",
        "tcp",
        "5",
        "0",
        "10.0.0.1:8001",
        "10.0.0.2:44734",
        "ESTABLISHED",
        "11/4",
    ]
    assert text[3].split() == [
        "■2",
        "server",
        "tcp",
        "0",
        "0",
        "10.0.0.1:8001",
        "10.0.0.2:44736",
        "ESTABLISHED",
        "-",
    ]


def test_udp_sockets_are_listed_too_without_a_state():
    view = accepted()
    row = SocketRow(
        state="NONE", local="10.0.0.1:9000", remote="0.0.0.0:0", pid=11, fd=5, recv_queue=832, protocol="udp"
    )
    unbound = DatagramSocket("client", 12, 3)
    world = replace(view.world, datagrams={("server", 11, 5): DatagramSocket("server", 11, 5, row=row)})
    world = replace(world, datagrams={**world.datagrams, ("client", 12, 3): unbound})
    text = lines(Artist(80, 12).table(replace(view, world=world)))
    (udp,) = (line.split() for line in text if "udp" in line)
    assert udp == ["server", "udp", "832", "0", "10.0.0.1:9000", "0.0.0.0:*", "NONE", "11/5"]


def test_in_sixty_columns_hosts_are_headings_and_nothing_is_cut():
    text = lines(Artist(60, 12).table(accepted()))
    assert text[1].startswith("server ─")
    assert "10.0.0.2:44734 ESTABLISHED 11/4" in "\n".join(text)
    assert text[0].split() == ["RQ", "SQ", "Local", "Address", "Foreign", "State", "PID/fd"]


@pytest.mark.parametrize("width", [20, 30, 40, 50, 60, 70, 80, 120])
def test_the_state_is_shown_in_any_width(width):
    assert "SYN_RECV" in Artist(width, 20).table(full()).text
    assert all(len(line) == width for line in lines(Artist(width, 20).table(full())))


def test_a_row_that_changed_is_marked_for_two_seconds():
    view = syn_recv()
    changed = max(view.world.row_changed.values())
    assert "■2*" in Artist(80, 12).table(replace(view, now=changed + 2 * S - 1)).text
    assert "*" not in Artist(80, 12).table(replace(view, now=changed + 2 * S)).text.replace("0.0.0.0:*", "")


def test_rows_stand_for_their_connection_and_their_host():
    picture = Artist(80, 12).table(accepted())
    at = {line.split()[1]: y for y, line in enumerate(lines(picture)) if line.startswith("■2")}
    assert picture.target(40, at["server"]) == ConnectionTarget(2, "server")
    assert picture.target(40, at["client"]) == ConnectionTarget(2, "client")
    assert picture.target(40, 1) is None


def test_the_selected_rows_are_laid_on_another_ground():
    view = replace(accepted(), selection=Selection(connection=2))
    picture = Artist(80, 12).table(view)
    grounds = {
        line.text.split()[0]: {segment.style.bgcolor for segment in line}
        for line in picture.lines
        if "■2" in line.text
    }
    assert all(None not in found for found in grounds.values())


def test_scrolling_and_how_much_is_below():
    listed = listing(swarm().world, 80)
    picture = Artist(80, 5).table(swarm(), top=10)
    assert len(lines(picture)) == 5
    assert lines(picture)[0].startswith(f"▼{len(listed.lines) - 10 - 4}")
    assert lines(picture)[1].startswith("▲") or "client" in lines(picture)[1]


def test_sockets_stand_in_order_of_host_listener_connection_and_address():
    view = swarm()
    row = SocketRow(state="NONE", local="10.0.0.1:9000", remote="0.0.0.0:0", protocol="udp")
    datagrams = {("server", pid, 3): DatagramSocket("server", pid, 3, row=row) for pid in (5, 4)}
    other = {("x", "y"): SocketRow(state="ESTABLISHED", local="x", remote="y")}
    tables = {"elsewhere": other, **dict(reversed(view.world.tables.items()))}
    world = replace(view.world, tables=tables, datagrams=datagrams)

    def order(line):
        host = {"server": 0, "client": 1}.get(line.host, 2)
        return host, line.row.state != "LISTEN", line.connection or 1 << 30, line.row.remote

    found = [line for line in listing(world, 200).lines if line.row is not None]
    assert found == sorted(found, key=order)
    assert len(found) == sum(map(len, tables.values())) + 2
    assert {line.connection for line in found if line.host == "client"} == set(range(1, 65))


def test_ipv6_and_odd_rows():
    story = Story()
    story.tables["server"] = {
        ("[fd00::1]:8001", "[::]:0"): SocketRow(
            state="LISTEN", local="[fd00::1]:8001", remote="[::]:0", pid=7, fd=-1
        ),
        ("x", "y"): SocketRow(state="\x1b[31mODD", local="x", remote="y"),
    }
    text = Artist(90, 8).table(story.view(S)).text
    assert "tcp6" in text
    assert "[::]:*" in text
    assert "7/-" in text
    assert "\x1b" not in text


def test_a_disputed_state_is_told_as_the_kernel_has_it():
    assert "SYN_RECV" in Artist(80, 12).table(unclear()).text


def test_very_many_sockets_are_listed_up_to_a_bound():
    story = Story()
    handshake(story, 1, 0)
    rows = {
        (f"10.0.0.2:{port}", "10.0.0.1:8001"): SocketRow(
            state="TIME_WAIT", local=f"10.0.0.2:{port}", remote="10.0.0.1:8001"
        )
        for port in range(1, 6001)
    }
    story.tables["client"] = rows | story.tables["client"]
    listed = listing(story.view(9 * S).world, 80)
    assert len(listed.lines) == MOST
    assert listed.lines[0].row.state == "LISTEN"
    assert listed.lines[1].connection == 1
