"""`python -m sockviz` in a real terminal, on the live lab: what users see, and what is left when they go."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from screen import running

pytestmark = pytest.mark.terminal

COMMAND = [sys.executable, "-m", "sockviz"]
STILL = 1.2
"""Seconds; a held handshake's first retransmission comes after one."""


def why_no_lab():
    """Why the lab can't be made here; empty: it can."""
    done = subprocess.run(
        [*COMMAND, "--headless", "--source", "lab", "--duration", "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


@pytest.fixture(scope="module", autouse=True)
def lab():
    if reason := why_no_lab():
        pytest.skip(reason)


@pytest.fixture(params=[(120, 36), (80, 24)], ids=["120x36", "80x24"])
def stage(request):
    """The app, ready."""
    columns, rows = request.param
    with running(COMMAND, columns=columns, rows=rows) as terminal:
        terminal.see("Press c", "listens with backlog")
        terminal.tabs = columns < 110
        yield terminal


def nothing_left(terminal):
    """All its processes end, soon."""
    assert terminal.left() == []


def row(host, state, owner):
    """A row of the table: on the client's or the server's side, with or without an owner."""
    local, remote = (r"(?:10.0.0.2|127.0.0.1)", r"(?:10.0.0.1|127.0.0.1)")
    if host == "server":
        local, remote = remote, local
    timer = r"(?:(?:[a-z]+ )?\d+ (?:s|min) +)?"
    tail = r"\d+/\d+" if owner else "- "
    return re.compile(rf"(?:{local})?:\d+ +{remote}:\d+ +{state} +{timer}{tail}")


NO_SERVER_SOCKET = re.compile(r"(?s)^(?!.*10\.0\.0\.1:8001 +10\.0\.0\.2:)")


def stands(terminal, client, server):
    """Both ends are in their state and stay there; the table says the same.

    `client`, `server`: state and whether a program has a descriptor; None: there is no such socket.
    """
    states = [end[0] for end in (client, server) if end]
    terminal.see(*states)
    wanted = [row("client", *client), row("server", *server) if server else NO_SERVER_SOCKET]
    if terminal.tabs:
        terminal.press("t")
        terminal.see("Foreign")
    terminal.wait(lambda text: all(pattern.search(text) for pattern in wanted))
    for text in terminal.steady(STILL):
        assert all(pattern.search(text) for pattern in wanted), text
        assert all(state in text for state in states), text
    if terminal.tabs:
        terminal.press("t", "t")
        terminal.wait(lambda text: "Foreign" not in text)


def test_every_state_of_a_life_stands_still_on_the_screen_and_in_the_table(stage):
    stage.press("c")
    stands(stage, ("SYN_SENT", True), None)
    stage.press("n")
    stands(stage, ("SYN_SENT", True), ("SYN_RECV", False))
    stage.press("n")
    stands(stage, ("ESTABLISHED", True), ("SYN_RECV", False))
    stage.press("n")
    stands(stage, ("ESTABLISHED", True), ("ESTABLISHED", False))
    stage.press("a")
    stands(stage, ("ESTABLISHED", True), ("ESTABLISHED", True))
    stage.press("x")
    stands(stage, ("FIN_WAIT1", False), ("ESTABLISHED", True))
    stage.press("n")
    stands(stage, ("FIN_WAIT1", False), ("CLOSE_WAIT", True))
    stage.press("n")
    stands(stage, ("FIN_WAIT2", False), ("CLOSE_WAIT", True))
    stage.press("tab", "x")
    stands(stage, ("FIN_WAIT2", False), ("LAST_ACK", False))
    stage.press("n")
    stands(stage, ("TIME_WAIT", False), ("LAST_ACK", False))
    stage.press("n")
    stands(stage, ("TIME_WAIT", False), None)
    stage.press("q")
    assert stage.exit_status() == 0
    nothing_left(stage)


def test_the_size_changes_live_and_nothing_is_lost(stage):
    stage.press("c", "1")
    stage.see("SYN_SENT", "●1 client")
    for columns, rows in ((100, 30), (40, 10), (200, 60), (80, 24), (120, 36)):
        stage.resize(columns, rows)
        if columns < 80:
            stage.see("needs 80", f"now {columns}")
        else:
            stage.see("SYN_SENT", "●1 client", "quit" if columns > 80 else "q")
            assert max(map(len, stage.text.splitlines())) == columns


@pytest.mark.parametrize("end", ["q", "ctrl+c"])
def test_quitting_restores_the_terminal_and_leaves_nothing(end):
    with running(COMMAND) as terminal:
        before = terminal.modes()
        terminal.see("Press c")
        assert terminal.modes() != before
        terminal.press("c", "C")
        terminal.see("How many clients")
        terminal.press("5", "enter")
        terminal.see("●1", "■2")
        terminal.press(end)
        assert terminal.exit_status() == 0
        assert terminal.modes() == before
        assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
        assert terminal.raw.rindex(b"\x1b[?25h") > terminal.raw.rindex(b"\x1b[?25l")
        nothing_left(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number):
    with running(COMMAND) as terminal:
        before = terminal.modes()
        terminal.see("Press c")
        terminal.press("c")
        terminal.see("SYN_SENT")
        terminal.process.send_signal(number)
        assert terminal.exit_status() == 128 + number
        assert terminal.modes() == before
        nothing_left(terminal)


def test_closing_the_window_ends_it():
    with running(COMMAND) as terminal:
        terminal.see("Press c")
        terminal.hang_up()
        terminal.process.wait(20)
        nothing_left(terminal)


def test_a_killed_engine_is_said_and_quits():
    with running(COMMAND) as terminal:
        terminal.see("Press c")
        (engine, *_) = [
            pid for pid in terminal.there() if b"sockviz.engine" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(int(engine), signal.SIGKILL)
        terminal.see("q quits")
        terminal.press("q")
        assert terminal.exit_status() == 2
        assert "sockviz: " in terminal.text
        assert "Traceback" not in terminal.text
        nothing_left(terminal)


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_a_projector_shows_the_story_large_and_on_top(columns, rows):
    with running([*COMMAND, "--projector"], columns=columns, rows=rows) as terminal:
        terminal.see("listens with backlog")
        terminal.press("c")
        terminal.see("c — connect", "SYN_SENT", "held")
        terminal.press("n")
        terminal.see("n — next segment", "SYN_RECV", "SYN-ACK")
        upper = "\n".join(terminal.text.splitlines()[: rows * 2 // 3])
        assert all(word in upper for word in ("SYN_SENT", "SYN_RECV", "SYN-ACK", "n — next segment"))
        assert ":8001" not in terminal.text
        terminal.press("P")
        terminal.see(":8001")
        terminal.press("q")
        assert terminal.exit_status() == 0
        nothing_left(terminal)


def test_every_theme_can_be_asked_for():
    with running([*COMMAND, "--theme", "contrast"]) as terminal:
        terminal.see("listens with backlog")
        assert b"48;2;0;0;0" in terminal.raw
        terminal.press("T")
        terminal.wait(lambda _: b"48;2;255;255;255" in terminal.raw)
        terminal.press("q")
        assert terminal.exit_status() == 0


def test_without_colour_states_are_still_told_apart():
    with running(COMMAND, NO_COLOR="1") as terminal:
        terminal.see("Press c", "listens with backlog")
        terminal.press("c")
        terminal.see("SYN_SENT")
        terminal.press("q")
        assert terminal.exit_status() == 0
        codes = {
            int(code)
            for codes in re.findall(rb"\x1b\[([0-9;]+)m", terminal.raw)
            for code in codes.split(b";")
        }
        # Bold, dim, underlined, reversed … and the terminal's own two colours.
        assert codes <= {*range(10), 22, 24, 27, 39, 49}


def test_a_terminal_without_a_cursor_is_refused_in_one_line():
    with running(COMMAND, columns=300, TERM="dumb") as terminal:
        assert terminal.exit_status() == 2
        (line,) = [line for line in terminal.text.splitlines() if line.strip()]
        assert line.startswith("sockviz: ")
        assert "--headless" in line


def test_a_terminal_that_is_too_small_is_refused_in_one_line():
    with running(COMMAND, columns=40, rows=10) as terminal:
        assert terminal.exit_status() == 2
        assert terminal.raw.startswith(b"sockviz: ")
        assert b"80x24" in terminal.raw


CRASHES = """
from sockviz.tui.screens.stage import StageScreen
from sockviz.cli import main

def select(self, selection):
    raise ValueError("out of order\\nand more")

StageScreen.select = select
main([])
"""


def test_a_fault_of_ours_is_one_line_and_the_terminal_is_restored():
    with running([sys.executable, "-c", CRASHES], columns=300) as terminal:
        before = terminal.modes()
        terminal.see("Press c", "listens with backlog")
        terminal.press("tab")
        assert terminal.exit_status() == 1
        assert terminal.modes() == before
        after = terminal.raw[terminal.raw.rindex(b"\x1b[?1049l") :].decode()
        assert "ValueError: out of order and more" in after
        assert "Traceback" not in after
        nothing_left(terminal)


def test_loopback_is_shown_in_slow_motion():
    with running([*COMMAND, "--source", "loopback", "--port", "18563"]) as terminal:
        terminal.see("Press c", "listens with backlog")
        if "no capture" in terminal.text:
            pytest.skip("packets can't be captured here")
        terminal.press("c")
        terminal.see("SLOW", "SYN_SENT")
        assert "ESTABLISHED" not in terminal.text
        terminal.see("SYN_RECV")
        terminal.wait(lambda text: "LIVE" in text)
        terminal.tabs = False
        stands(terminal, ("ESTABLISHED", True), ("ESTABLISHED", False))
        terminal.press("n")
        terminal.see("--source lab")
        terminal.press("q")
        assert terminal.exit_status() == 0
        nothing_left(terminal)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="root changes into another user")
def test_another_user_than_root_can_do_the_same():
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *COMMAND]
    with running(command, HOME="/") as terminal:
        terminal.see("Press c", "listens with backlog")
        assert "lab" in terminal.text.splitlines()[0]
        terminal.press("c")
        terminal.see("wire HELD 1 waiting")
        terminal.press("n")
        terminal.see("SYN_RECV")
        terminal.press("q")
        assert terminal.exit_status() == 0
        nothing_left(terminal)
