"""What strangers wrote reaches a real terminal only as harmless text."""

import re
import sys
from pathlib import Path

import pytest
from hostile import DATA, FORBIDDEN, write
from screen import running

from sockviz.export.pcapng import blocks
from sockviz.recording.reader import read

pytestmark = pytest.mark.terminal
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
