"""The stage's terminal: too small, not there, and given back whatever happens to any of our processes."""

import contextlib
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from command import SOCKVIZ
from screen import Terminal, running

from sockviz.events import Ended, decode

pytestmark = pytest.mark.terminal
ALTERNATE, NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"


def wait_until(condition: Callable[[], bool], terminal: Terminal) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, terminal.text
        terminal.read(0.05)


@pytest.mark.parametrize(("columns", "rows"), [(40, 10), (79, 24), (80, 23)])
def test_a_terminal_that_is_too_small(columns: int, rows: int) -> None:
    with running(SOCKVIZ, columns=columns, rows=rows) as terminal:
        assert terminal.exit_status() == 2
        said = bytes(terminal.raw)
    assert said.count(b"\n") == 1
    assert f"this terminal is {columns}x{rows}; the stage needs 80x24".encode() in said
    assert b"\x1b" not in said


def test_a_dumb_terminal() -> None:
    with running(SOCKVIZ, TERM="dumb") as terminal:
        assert terminal.exit_status() == 2
        assert b"--headless" in terminal.raw
        assert b"\x1b" not in terminal.raw


class Stage:
    """The app in a terminal, and its processes."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.before = terminal.modes()
        terminal.see("LISTEN")
        self.guard = psutil.Process(terminal.process.pid)
        self.spare, self.app = sorted(self.guard.children(), key=lambda child: len(child.children()))
        (self.engine,) = (child for child in self.app.children() if "sockviz.engine" in child.cmdline())
        self.all = [self.guard, *self.guard.children(recursive=True)]

    def check_all_gone(self) -> None:
        def gone(process: psutil.Process) -> bool:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE

        wait_until(lambda: all(gone(process) for process in self.all), self.terminal)

    def check_given_back(self) -> None:
        """The terminal is as it was: its modes, the normal screen, a cursor, no mouse."""
        switches = ((ALTERNATE, NORMAL), (b"\x1b[?25l", b"\x1b[?25h"),
                    (b"\x1b[?1003h", b"\x1b[?1003l"), (b"\x1b[?2004h", b"\x1b[?2004l"))  # fmt: skip

        def given_back() -> bool:
            raw = bytes(self.terminal.raw)
            switched = all(raw.rfind(back) > raw.rfind(there) >= 0 for there, back in switches)
            return switched and self.terminal.modes() == self.before

        wait_until(given_back, self.terminal)
        assert b"Traceback" not in self.terminal.raw


@pytest.fixture
def stage() -> Iterator[Stage]:
    with running([*SOCKVIZ]) as terminal:
        yield Stage(terminal)


def test_it_quits_in_order(user: list[str]) -> None:
    with running([*user, *SOCKVIZ]) as terminal:
        stage = Stage(terminal)
        terminal.press("q")
        assert terminal.exit_status() == 0
        stage.check_given_back()
        stage.check_all_gone()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(stage: Stage, number: signal.Signals) -> None:
    stage.guard.send_signal(number)
    assert stage.terminal.exit_status() == 128 + number
    stage.check_given_back()
    stage.check_all_gone()


def test_a_killed_screen(stage: Stage) -> None:
    stage.app.send_signal(signal.SIGKILL)
    assert stage.terminal.exit_status() == 128 + signal.SIGKILL
    stage.check_given_back()
    stage.check_all_gone()
    last = bytes(stage.terminal.raw).rpartition(NORMAL)[2].strip()
    assert last.startswith(b"sockviz: the screen's process was ended by SIGKILL")


def test_a_killed_guard(stage: Stage) -> None:
    stage.guard.send_signal(signal.SIGKILL)
    stage.check_given_back()
    stage.check_all_gone()


def test_a_killed_spare(stage: Stage) -> None:
    """Nothing happens; it is missed when the guard is killed, too."""
    stage.spare.send_signal(signal.SIGKILL)
    wait_until(lambda: stage.spare.status() == psutil.STATUS_ZOMBIE, stage.terminal)
    stage.terminal.press("q")
    assert stage.terminal.exit_status() == 0
    stage.check_given_back()
    stage.check_all_gone()


def test_after_a_killed_guard_a_shell_is_usable() -> None:
    """At its prompt, and for the programs that it runs from then on."""
    with running(["bash", "--norc", "--noprofile", "-i"], PS1="ready> ") as terminal:
        terminal.see("ready>")
        terminal.press(f"{shlex.join(SOCKVIZ)}; stty -a", "enter")
        terminal.see("Press c")
        (guard,) = psutil.Process(terminal.process.pid).children()
        guard.send_signal(signal.SIGKILL)
        terminal.see("isig icanon", "echo echoe", "\nready>")


def test_a_killed_engine(stage: Stage) -> None:
    """The screen stays, to be looked at, and says so; nothing else is left."""
    others = [process for process in stage.all if process not in (stage.guard, stage.spare, stage.app)]
    stage.engine.send_signal(signal.SIGKILL)
    stage.terminal.see("ended unexpectedly")
    stage.all = others
    stage.check_all_gone()
    stage.all = [stage.guard, stage.spare, stage.app]
    stage.terminal.press("q")
    assert stage.terminal.exit_status() == 2
    stage.check_given_back()
    stage.check_all_gone()
    assert b"ended unexpectedly" in bytes(stage.terminal.raw).rpartition(NORMAL)[2]


RECORDED = {
    "stage": [],
    "run": ["run", "--server", "sleep 60"],
    "watch": ["watch"],
    "lesson": ["lesson", "handshake"],
}


@pytest.mark.parametrize("command", RECORDED.values(), ids=RECORDED)
def test_a_recording_that_stopped_is_told_of_at_the_end(command: list[str], tmp_path: Path) -> None:
    """The screen has said so, perhaps an hour ago."""
    with running([*SOCKVIZ, *command, "--record", "/dev/full"], XDG_STATE_HOME=str(tmp_path)) as terminal:
        terminal.see("The recording stopped")
        terminal.press("q")
        assert terminal.exit_status() == 2
        last = bytes(terminal.raw).rpartition(NORMAL)[2].decode().strip()
    assert "sockviz: can't write the recording /dev/full: No space left on device" in last
    assert "\n" not in last


@pytest.mark.parametrize("command", RECORDED.values(), ids=RECORDED)
def test_leaving_ends_the_run_in_order(command: list[str], tmp_path: Path) -> None:
    """The engine is asked to end, and what it tells until then is recorded."""
    recording = tmp_path / "r.jsonl"
    with running([*SOCKVIZ, *command, "--record", str(recording)], XDG_STATE_HOME=str(tmp_path)) as terminal:
        wait_until(lambda: recording.exists() and b"sockets_sampled" in recording.read_bytes(), terminal)
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert terminal.left() == []
    last = decode(recording.read_bytes().splitlines()[-1])
    assert isinstance(last, Ended)
    assert last.reason == "quit"


def test_stop_and_continue(stage: Stage) -> None:
    """As somebody may do it by a signal; the guard stops with the screen."""
    stage.app.send_signal(signal.SIGSTOP)
    wait_until(lambda: stage.guard.status() == psutil.STATUS_STOPPED, stage.terminal)
    os.kill(stage.guard.pid, signal.SIGCONT)
    wait_until(lambda: stage.app.status() != psutil.STATUS_STOPPED, stage.terminal)

    def quits() -> bool:
        # What is typed while the terminal is being set up again is thrown away.
        with contextlib.suppress(OSError):
            stage.terminal.press("q")
        return stage.terminal.process.poll() is not None

    wait_until(quits, stage.terminal)
    assert stage.terminal.exit_status() == 0
    stage.check_all_gone()


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize("job", ["{}", "sh -c '{}; exit $?'"], ids=["by itself", "as make runs it"])
def test_a_shell_puts_it_aside_and_brings_it_back(job: str) -> None:
    """Ctrl-Z stops all of the job, and gives the terminal back meanwhile."""
    script = f"set -m; {job.format(shlex.join(SOCKVIZ))}; echo aside; fg"
    with running(["bash", "-c", script]) as terminal:
        terminal.see("LISTEN", "wire HELD")
        terminal.press("\x1a")
        wait_until(lambda: b"aside" in terminal.raw.rpartition(NORMAL)[2], terminal)
        wait_until(lambda: terminal.raw.rfind(ALTERNATE) > terminal.raw.rfind(b"aside"), terminal)
        terminal.see("LISTEN", "wire HELD")

        def quits() -> bool:
            # What is typed while the terminal is being set up again is thrown away.
            with contextlib.suppress(OSError):
                terminal.press("q")
            return terminal.process.poll() is not None

        wait_until(quits, terminal)
        assert terminal.exit_status() == 0


def test_without_a_shell_that_would_bring_it_back_nothing_puts_it_aside(stage: Stage) -> None:
    stage.terminal.press("\x1a", "?")
    stage.terminal.see("All keys")


def test_duration_ends_the_stage() -> None:
    with running([*SOCKVIZ, "--duration", "1"]) as terminal:
        assert terminal.exit_status() == 0


@pytest.mark.parametrize("number", [6, 8, 10, 11])
def test_few_descriptors_are_told_of_once(number: int) -> None:
    """The guard and the screen lack them both."""
    with running(["prlimit", f"--nofile={number}", *SOCKVIZ]) as terminal:
        assert terminal.exit_status() == 2
        said = bytes(terminal.raw).rpartition(NORMAL)[2]
    assert said.count(b"sockviz: no more files may be opened") == 1, said
    assert b"Traceback" not in said


def test_a_port_in_use_gives_the_terminal_back_and_says_so() -> None:

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        with running([*SOCKVIZ, "--source", "loopback", "--port", port]) as terminal:
            before = terminal.modes()
            assert terminal.exit_status() == 2
            assert terminal.modes() == before
            said = bytes(terminal.raw).rpartition(NORMAL)[2].strip()
    assert said.decode().count("\n") == 0
    assert f"127.0.0.1:{port} is in use" in said.decode()


@pytest.mark.parametrize("control", [True, False], ids=["controlling", "another"])
def test_a_screen_that_is_stuck_when_its_terminal_is_closed(tmp_path: Path, control: bool) -> None:
    """Who writes to a terminal that is gone may never come back."""
    stuck = tmp_path / "stuck.py"
    stuck.write_text(
        "import signal, sockviz.tui.app as app\n"
        "from sockviz.cli import main\n"
        "def run(*_, **__):\n"
        "    signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "    print('stuck', flush=True)\n"
        "    while True: signal.pause()\n"
        "app.run = run\n"
        "main([])\n"
    )
    with running([sys.executable, str(stuck)], control=control) as terminal:
        terminal.see("stuck")
        terminal.hang_up()
        terminal.process.wait(20)
        assert terminal.left() == []


def test_a_killed_guard_while_the_screen_draws(tmp_path: Path) -> None:
    """The kernel takes its time to end the app; nothing that it draws meanwhile may stay."""
    noisy = tmp_path / "noisy.py"
    noisy.write_text(
        "import signal, sys, sockviz.process as process, sockviz.tui.app as app\n"
        "from sockviz.cli import main\n"
        "def run(*_, **__):\n"
        "    process._libc.prctl(process._PR_SET_PDEATHSIG, 0, 0, 0, 0)\n"
        "    while True: print('\\x1b[?1049hnoisy', flush=True)\n"
        "app.run = run\n"
        "main([])\n"
    )
    with running([sys.executable, str(noisy)], control=False) as terminal:
        before = terminal.modes()
        terminal.see("noisy")
        terminal.process.kill()
        terminal.process.wait(20)
        wait_until(lambda: terminal.there() == [], terminal)
        while terminal.read(0.1) and NORMAL not in terminal.raw:
            pass
        assert terminal.raw.rfind(NORMAL) > terminal.raw.rfind(ALTERNATE)
        assert terminal.modes() == before
