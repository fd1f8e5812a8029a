"""`sockviz run` in a real terminal: a chat from both keyboards, in both sizes; Ctrl-C is the program's."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from screen import running

pytestmark = pytest.mark.terminal

SOURCE = Path(__file__).parents[1] / "run" / "programs" / "chat_server.c"
CLIENT = """
import select, socket, sys
peer = socket.create_connection(("10.0.0.1", 8001))
while True:
    for ready in select.select([sys.stdin, peer], [], [])[0]:
        if ready is peer:
            data = peer.recv(4096)
            if not data:
                sys.exit(0)
            print("heard", data.decode(), end="", flush=True)
        else:
            peer.sendall(sys.stdin.readline().encode())
"""

MENU = """
import curses, socket

def menu(screen):
    listener = socket.create_server(("0.0.0.0", 8001))
    at, items = 0, ("bread", "butter", "jam")
    while True:
        screen.erase()
        for row, item in enumerate(items):
            screen.addstr(row, 2, ("> " if row == at else "  ") + item)
        screen.refresh()
        key = screen.getch()
        if key == curses.KEY_DOWN:
            at += 1
        else:
            return items[at]

print("chosen:", curses.wrapper(menu), flush=True)
input("and now a line: ")
"""


@pytest.fixture(scope="module")
def chat(tmp_path_factory):
    """The options that run a chat of two."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    made = tmp_path_factory.mktemp("chat")
    subprocess.run(["gcc", "-o", made / "chat_server", SOURCE], check=True)
    (made / "chat_client.py").write_text(CLIENT)
    options = ["--server", f"{made}/chat_server 8001", "--client", f"{sys.executable} {made}/chat_client.py"]
    tried = subprocess.run(
        [sys.executable, "-m", "sockviz", "run", "--headless", "--duration", "1", *options],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if tried.returncode == 2:
        pytest.skip(tried.stderr.strip())
    return options


def started(options, *more, size=(120, 36)):
    command = [sys.executable, "-m", "sockviz", "run", "--delay", "20", *more, *options]
    return running(command, columns=size[0], rows=size[1])


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=["120x36", "80x24"])
def test_a_chat_from_both_keyboards(chat, size, tmp_path):
    recording = tmp_path / "chat.jsonl"
    with started(chat, "--record", str(recording), size=size) as terminal:
        terminal.wait(lambda text: text.count("ESTABLISHED") >= 2, 60)
        terminal.press("e")
        terminal.see("typing to ")
        while "typing to client 1" not in terminal.text:
            terminal.press("tab")
            terminal.read(0.3)
        terminal.press(*"hi there", "enter")
        terminal.wait(lambda text: text.count("hi there") >= 2, 60)  # typed, and at the server
        terminal.press("tab")
        terminal.see("typing to server")
        terminal.press(*"good day", "enter")
        terminal.see("heard good day", seconds=60)
        terminal.press("escape")
        terminal.wait(lambda text: "typing to" not in text)
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert terminal.left() == []
    command = [sys.executable, "-m", "sockviz", "replay", str(recording)]
    with running(command, columns=size[0], rows=size[1]) as terminal:
        terminal.see("replay", seconds=60)
        terminal.press("end")
        terminal.see("heard good day", "hi there", seconds=60)
        terminal.press("e")
        terminal.see("This is a recording")
        terminal.press("q")
        assert terminal.exit_status() == 0


def test_ctrl_c_is_the_programs_while_it_has_the_keyboard(chat):
    with started(chat) as terminal:
        terminal.wait(lambda text: text.count("ESTABLISHED") >= 2, 60)
        terminal.press("e")
        terminal.see("typing to ")
        while "typing to client 1" not in terminal.text:
            terminal.press("tab")
            terminal.read(0.3)
        terminal.press("ctrl+c")
        terminal.see("client 1 was killed by SIGINT", seconds=60)
        terminal.press("escape")
        terminal.wait(lambda text: "typing to" not in text)
        terminal.press("ctrl+c")
        assert terminal.exit_status() == 0


def test_held_and_single_stepped(chat):
    with started(chat, "--hold") as terminal:
        terminal.see("SYN held", "SYN_SENT", seconds=60)
        terminal.press("n")
        terminal.see("SYN_RECV", seconds=60)
        terminal.press("q")
        assert terminal.exit_status() == 0


def test_toys_are_told_apart(chat):
    with started(chat) as terminal:
        terminal.wait(lambda text: text.count("ESTABLISHED") >= 2, 60)
        terminal.see("type to a program")
        assert "accept always" not in terminal.text
        terminal.press("K")
        terminal.see("Which signal, to which program?")
        terminal.press("enter")
        terminal.see("was killed by SIGTERM", seconds=60)
        terminal.press("C")
        terminal.see("client 2", seconds=60)
        terminal.press("q")
        assert terminal.exit_status() == 0


def test_a_menu_is_gone_through_by_its_own_keys(chat, tmp_path):
    (tmp_path / "menu.py").write_text(MENU)
    with started(["--server", f"{sys.executable} {tmp_path}/menu.py"]) as terminal:
        terminal.see("> bread", "  butter", seconds=60)
        terminal.press("e")
        terminal.see("each key is sent at once")
        terminal.press("down")
        terminal.see("> butter", seconds=60)
        terminal.press("enter")
        terminal.see("chosen: butter", "and now a line:", seconds=60)
        terminal.see("Enter sends")
        terminal.press(*"done", "enter")
        terminal.see("ended with status 0", seconds=60)
        terminal.press("escape")
        terminal.wait(lambda text: "typing to" not in text)
        terminal.press("q")
        assert terminal.exit_status() == 0
