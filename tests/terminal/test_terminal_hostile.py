"""What strangers wrote reaches a real terminal only as harmless text."""

import contextlib
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile import DATA, FORBIDDEN, write
from screen import running
from test_terminal_stage import why_no_lab

from sockviz.export.pcapng import blocks
from sockviz.recording.reader import read

pytestmark = pytest.mark.terminal
ROOT = Path(__file__).parents[2]
SOCKVIZ = [sys.executable, "-m", "sockviz"]
SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])"
)
SEEN = ("}", "}", "i", "}", "}", "]", "\x1b[6~", "end", "i", "i", "[", "[", "i", "1", "i", "t", "?", "escape",
        "m", "escape", "P", "P", "T", "T", "home", "end")  # fmt: skip


def played(command, *, keys=SEEN, words=("REPLAY",)) -> tuple[bytes, str]:
    """All that was sent to the terminal while keys were pressed, and its title at the end."""
    with running(command) as terminal:
        terminal.see(*words)
        for key in keys:
            terminal.press(key)
            terminal.steady(0.15)
        title = terminal._screen.title
        for key in ("escape", "escape"):
            terminal.press(key)
            terminal.steady(0.2)
        terminal.press("q")
        status = terminal.exit_status()
        assert status == 0, terminal.text
        assert terminal.left() == []
        return bytes(terminal.raw), title


def kinds(raw: bytes) -> set[bytes]:
    """The kinds of the sequences that were sent, without their numbers."""
    return {re.sub(rb"[0-9;:]+", b"#", sequence) for sequence in SEQUENCE.findall(raw)}


def check(raw: bytes, title: str, known: set[bytes]) -> None:
    # pyte takes the pointer's shape, which Textual sets (OSC 22), for a title (OSC 2).
    assert title in {"", ";default"}
    unknown = kinds(raw) - known
    assert not unknown, unknown
    text = SEQUENCE.sub(b"", raw).decode()
    assert not (found := FORBIDDEN.findall(text)), (found, text[:300])


@pytest.fixture(scope="module")
def known() -> set[bytes]:
    """What is sent when nothing is hostile."""
    raw, _ = played([*SOCKVIZ, "replay", str(DATA / "life-lab.jsonl")])
    assert b"\x1b]0;" not in raw
    return kinds(raw)


@pytest.mark.parametrize("addresses", [False, True])
def test_a_recording(tmp_path: Path, known: set[bytes], addresses: bool) -> None:
    name = "a\x1b]0;PWNED\x07\u202e[bold]b.jsonl"
    raw, title = played([*SOCKVIZ, "replay", str(write(tmp_path / name, addresses=addresses))])
    check(raw, title, known)


def test_a_capture(tmp_path: Path, known: set[bytes]) -> None:
    path = tmp_path / "\x1b[31m[red]\u200b.pcapng"
    path.write_bytes(b"".join(blocks(read(write(tmp_path / "r.jsonl")))))
    keys = ("/", *"[bold\u202e", "enter", "escape", "enter", *SEEN)
    raw, title = played([*SOCKVIZ, "replay", str(path)], keys=keys, words=("connections",))
    check(raw, title, known)


@pytest.mark.parametrize(
    "command",
    [["replay", "{}", "--headless"], ["export", "{}", "--to", "text"], ["export", "{}", "--to", "states"],
     ["export", "{}", "--to", "mermaid"], ["export", "{}", "--to", "svg"], ["lesson", "--check", "{}"],
     ["replay", "/\x1b]0;PWNED\x07\u202e/[bold]"], ["lesson", "\x1b[2J\u202e", "--headless"],
     ["--theme", "\x9b31m"]],
    ids=lambda command: " ".join(command[:4]).encode("unicode_escape").decode(),
)  # fmt: skip
def test_what_is_printed(tmp_path: Path, command: list[str]) -> None:
    path = str(write(tmp_path / "a\x1b]0;PWNED\x07\u202e.jsonl"))
    with running([*SOCKVIZ, *(part.replace("{}", path) for part in command)]) as terminal:
        terminal.exit_status()
        raw, title = bytes(terminal.raw), terminal._screen.title
    check(raw, title, set())
    assert raw


HOSTILE_SERVER = """
import ctypes, os, socket, sys, time
ctypes.CDLL(None).prctl(15, b"\\x1b[2J\\xff\\x9b[b]", 0, 0, 0)
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
for _ in range(40):
    os.write(1, b"\\x1b]0;PWNED\\x07\\x1b[?1049l\\x9b31m\\xff\\xfe[bold]M[/] \\xe2\\x80\\xae\\r\\n\\x1bc")
    time.sleep(0.05)
    if len(sys.argv) > 3:
        sys.exit(sys.argv[3])
time.sleep(60)
"""
"""It listens, and everything that it can choose is hostile: its name, its file's name, what it prints."""


@pytest.fixture
def lab() -> None:
    if reason := why_no_lab():
        pytest.skip(reason)


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    path = tmp_path / "e\x1b]0;PWNED\x07\x9b\u202e[bold]v.py"
    path.write_text(HOSTILE_SERVER)
    return [sys.executable, str(path)]


@pytest.mark.lab
@pytest.mark.usefixtures("lab")
def test_a_program_of_ones_own(program: list[str], known: set[bytes]) -> None:
    command = [
        *SOCKVIZ,
        "run",
        "--server",
        shlex.join([*program, "10.0.0.1", "8001"]),
        "--client",
        "sleep 60",
    ]
    keys = ("1", "i", "t", "t", "tab", "i", "P", "P", "escape")
    raw, title = played(command, keys=keys, words=("8001", "LISTEN"))
    check(raw, title, known)


@pytest.mark.lab
@pytest.mark.usefixtures("lab")
def test_how_a_program_of_ones_own_failed(program: list[str]) -> None:
    server = shlex.join([*program, "10.0.0.1", "8001", "\x1b[2J\u202e"])
    with running([*SOCKVIZ, "run", "--headless", "--server", server]) as terminal:
        assert terminal.exit_status() == 1
        raw, title = bytes(terminal.raw), terminal._screen.title
    check(raw, title, set())
    assert b"failed" in raw


@pytest.mark.parametrize("options", [[], ["--headless"]], ids=["screen", "headless"])
def test_a_program_that_is_watched(program: list[str], known: set[bytes], options: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with subprocess.Popen([*program, "127.0.0.1", port], stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(port)
            command = [*SOCKVIZ, "watch", port, *options]
            if options:
                with running([*command, "--duration", "1"]) as terminal:
                    assert terminal.exit_status() == 0
                    raw, title = bytes(terminal.raw), terminal._screen.title
            else:
                keys = ("i", "down", "i", "P", "P", "escape")
                raw, title = played(command, keys=keys, words=("accept queue", port, "[b]"))
        finally:
            server.kill()
    check(raw, title, set() if options else known)


def wait_for(port: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port))):
            return
        time.sleep(0.02)
    raise TimeoutError


@pytest.mark.lab
@pytest.mark.usefixtures("lab")
def test_a_lesson(tmp_path: Path, known: set[bytes]) -> None:
    """Markup in a lesson is text; what a terminal would obey is refused when it is read."""
    text = (ROOT / "sockviz" / "lessons" / "data" / "handshake.toml").read_text()
    marked = re.sub(r'\ntitle = \{ en = ".*?"', '\ntitle = { en = "[bold]M[/]"', text, count=1)
    marked = re.sub(r'\nsay = \{ en = "', '\nsay = { en = "[bold]M[/] [@click=app.quit]q[/] [/][$x ', marked)
    path = tmp_path / "[red]lesson\x1b]0;PWNED\x07.toml"
    path.write_text(marked.replace('id = "handshake"', 'id = "marked"', 1))
    command = ["env", f"XDG_STATE_HOME={tmp_path}", *SOCKVIZ, "lesson", str(path)]
    raw, title = played(
        command, keys=("enter", "enter", "1", "enter", "i", "?", "escape"), words=("[bold]M[/]",)
    )
    check(raw, title, known)
    path.write_text(marked.replace("[bold]M", "\x1b[2J", 1))
    with running([*SOCKVIZ, "lesson", str(path)]) as terminal:
        assert terminal.exit_status() == 2
        raw = bytes(terminal.raw)
    check(raw, "", set())
