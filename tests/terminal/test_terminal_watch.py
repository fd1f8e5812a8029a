"""`python -m sockviz watch` in a real terminal, on listeners of the test's own."""

import socket
import sys
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from screen import running

pytestmark = pytest.mark.terminal

WATCH = [sys.executable, "-m", "sockviz", "watch", "--level", "sampling", "--interval", "50"]
RECORDING = Path(__file__).parents[1] / "data" / "watched" / "overloaded.jsonl"
SIZES = pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)], ids=["120x36", "80x24"])


@contextmanager
def listening(backlog):
    """A listener that never accepts, and its port."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=backlog)) as server:
        yield server, server.getsockname()[1]


@SIZES
def test_a_listener_is_chosen_from_the_list_and_seen_to_fill(columns, rows):
    with (
        listening(1) as (server, port),
        ExitStack() as clients,
        running(WATCH, columns=columns, rows=rows) as terminal,
    ):
        before = terminal.modes()
        terminal.see("watch: all listeners", f"127.0.0.1:{port}", "0/1")
        terminal.press("/", *f":{port}", "enter")
        terminal.see(f"▸ 127.0.0.1:{port}")
        terminal.press("enter")
        terminal.see("queues", "waiting for accept()" if columns > 80 else "Queues")
        for _ in range(2):
            clients.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
        terminal.see("2/1 FULL")
        terminal.press("w")
        terminal.see("nobody yet")
        taken = clients.enter_context(closing(server.accept()[0]))
        terminal.press("w")
        terminal.see("1/1", f"/{taken.fileno()} ")
        terminal.press("escape")
        terminal.see("Space mark")
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert terminal.modes() == before
        assert terminal.left() == []


@SIZES
def test_a_drop_is_explained_paused_and_gone_back_to(columns, rows):
    with (
        listening(0) as (_, port),
        ExitStack() as clients,
        running([*WATCH, f":{port}"], columns=columns, rows=rows) as terminal,
    ):
        terminal.see("No drop has been seen", "0/0")
        clients.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
        late = clients.enter_context(closing(socket.socket()))
        late.setblocking(False)
        late.connect_ex(("127.0.0.1", port))
        terminal.see("NOW:", "The accept queue is full (1 > 0)")
        terminal.press(" ", "home")
        terminal.wait(lambda text: "The accept queue is full" not in text)
        terminal.press("end")
        terminal.see("The accept queue is full", f"127.0.0.1:{port}")
        terminal.resize(200 - columns, 60 - rows)
        terminal.see("The accept queue is full")
        terminal.press("q")
        assert terminal.exit_status() == 0


@SIZES
def test_a_recording_of_watching_is_replayed(columns, rows):
    replay = [sys.executable, "-m", "sockviz", "replay", str(RECORDING)]
    with running(replay, columns=columns, rows=rows) as terminal:
        terminal.see("replay overloaded.jsonl", "127.0.0.1:8001")
        terminal.press("end")
        terminal.see("9/8 FULL", "SYN")
        terminal.press("f")
        terminal.see("NOW: since")
        terminal.press("escape")
        terminal.wait(lambda text: "NOW: since" not in text)
        terminal.press("q")
        assert terminal.exit_status() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--netns", "4194303"), "sockviz: "), ((":1", "--pid", "1x"), "sockviz: ")],
    ids=["namespace", "wrong"],
)
def test_what_can_not_be_watched_is_one_line(arguments, said):
    with running([*WATCH, *arguments], columns=200) as terminal:
        before = terminal.modes()
        assert terminal.exit_status() == 2
        lines = terminal.raw.rpartition(b"\x1b[?1049l")[2].decode().splitlines()
        assert len(lines) == 1
        assert said in lines[0]
        assert "Traceback" not in terminal.raw.decode()
        assert terminal.modes() == before
