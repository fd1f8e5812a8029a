"""What the operator sees."""

import io
import os
import re
import signal

import pytest
import segno
from command import SOCKVIZ, free_port
from screen import running
from served_by import serving

from sockviz.serve import link
from sockviz.serve.console import Console, Told, code
from sockviz.serve.room import Room, usual

LINK = "http://192.168.100.100:8765/k7mq-0x4r-vvsn-g2hd"


def modules(lines):
    """The dark modules of half blocks, row by row."""
    rows = []
    for line in lines:
        cells = re.sub(r"\x1b\[[0-9;]*m", "", line)
        rows += [[cell in "▀█" for cell in cells], [cell in "▄█" for cell in cells]]
    return rows


@pytest.mark.parametrize(("lines", "border"), [(40, 4), (18, 2), (16, 1)])
def test_the_code_is_the_links(lines, border):
    drawn = code(LINK, 80, lines)
    assert 0 < len(drawn) <= lines
    wanted = [
        [bool(one) for one in row]
        for row in segno.make(LINK, micro=False, error="l").matrix_iter(border=border)
    ]
    got = modules(drawn)
    assert got[: len(wanted)] == wanted
    assert not any(map(any, got[len(wanted) :]))
    for line in drawn:
        assert line.startswith("\x1b[38;5;16;48;5;231m"), "black on white, also on a dark terminal"
        assert line.endswith("\x1b[0m")


def test_where_it_does_not_fit_there_is_none():
    assert code(LINK, 80, 10) == []
    assert code(LINK, 20, 40) == []


def test_a_link_of_any_kind():
    assert link.link("::1", 80, "k") == "http://[::1]:80/k"
    assert link.link("10.0.0.1", 8765, "k", "https://tcp.example.org") == "https://tcp.example.org/k"


def test_what_others_reach_is_none_of_loopback():
    for address in link.reachable("0.0.0.0"):
        assert not link.is_private(address) or link.reachable("0.0.0.0") == [address]
    assert link.reachable("10.1.2.3") == ["10.1.2.3"]
    assert link.is_private("127.0.0.1")
    assert link.is_private("::1")


def test_a_usual_number_of_visitors():
    assert 2 <= usual() <= 40


def test_without_a_terminal_the_link_is_all_there_is():
    output, room = io.StringIO(), Room(3)
    console = Console(room, output)
    room.on_change = console.count
    console.begin(Told(what="the stage", link=LINK, others=["10.0.0.1"], private=False))
    with room.place():
        pass
    console.end()
    assert output.getvalue() == LINK + "\n"


def test_a_script_gets_one_line_and_the_end_by_a_signal(lab):
    with serving() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/[0-9a-z-]{19}", server.link)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 0
        assert server.process.stdout.read() == ""
        assert server.process.stderr.read() == ""


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_in_a_terminal_everything_fits(lab, size):
    command = [*SOCKVIZ, "serve", "--address", "0.0.0.0", "--http-port", free_port(), "--sessions", "7"]
    with running(command, columns=size[0], rows=size[1]) as screen:
        text = screen.see("Ctrl-C ends it", "nobody is here")
        assert "The stage, for up to 7 visitors at a time, is here:" in text
        assert re.search(r"http://[0-9.]+:[0-9]+/[0-9a-z-]{19}", text)
        if "127.0.0.1" not in text:
            assert "▄" in text
            assert "not encrypted" in text
        screen.press("ctrl+c")
        assert screen.exit_status() == 0


def test_to_this_machine_alone_no_code_is_shown_but_how_to_let_others_in(lab):
    with running([*SOCKVIZ, "serve", "--http-port", free_port()], columns=80, rows=24) as screen:
        text = screen.see("nobody is here")
        assert "Only this machine reaches that: --address 0.0.0.0 lets others in." in text
        assert "▄" not in text
        os.kill(screen.process.pid, signal.SIGTERM)
        assert screen.exit_status() == 128 + signal.SIGTERM
