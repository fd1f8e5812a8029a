"""A SYN flood by a key: it is seen, it is counted, and other keys are answered meanwhile."""

import subprocess
import sys

import pytest
from screen import running

pytestmark = pytest.mark.terminal

COMMAND = [sys.executable, "-m", "sockviz", "--flow", "--delay", "0", "--accept", "auto"]
SYNS = "3000"


@pytest.fixture(scope="module", autouse=True)
def lab():
    command = [sys.executable, "-m", "sockviz", "--headless", "--source", "lab", "--duration", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip())


def test_a_flood_is_seen_while_keys_are_answered():
    with running(COMMAND) as terminal:
        terminal.see("LISTEN")
        terminal.press("F")
        terminal.see("How many SYNs")
        terminal.steady(0.5)  # what is typed before the question has the focus would be keys of the stage
        for key in ("\x7f", "\x7f", *SYNS):
            terminal.press(key)
            terminal.steady(0.1)
        terminal.see(f"? {SYNS}")
        terminal.press("enter")
        terminal.see("FULL")
        terminal.press("?")
        terminal.see("Esc closes")
        terminal.press("escape")
        terminal.see("10.0.0.66", "SYN_RECV", seconds=60)
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert not terminal.left()
