"""What is wrong would be found; else the rounds would show nothing."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import judging
import pytest
from kinds import KINDS
from place import Place
from playing import Round
from remains import ENVIRONMENT, Remains
from runs import OnTerminal, environment

RECORDING = Path(__file__).parents[1] / "data" / "life-lab.jsonl"
MARK = f"a run of ours {uuid.uuid4()}"
"""Of this process: its neighbours play the same tests."""
NAMES = {kind.name: kind for kind in KINDS}


@contextmanager
def process(mark: str) -> Iterator[int]:
    """One that waits."""
    with subprocess.Popen(["sleep", "60"], env={**os.environ, ENVIRONMENT: mark}) as started:
        try:
            # Popen is done a moment before exec is, which then shows no environment.
            deadline = time.monotonic() + 30
            while mark.encode() not in Path(f"/proc/{started.pid}/environ").read_bytes():
                assert time.monotonic() < deadline
            yield started.pid
        finally:
            started.kill()


def test_a_process_that_is_left(tmp_path: Path) -> None:
    ours = Remains(Place(tmp_path), MARK, leader=0)
    with process("another run"):
        assert ours.left() == []
        with process(MARK):
            assert ours.left() == ["sleep"]
        assert ours.left() == []


def test_a_namespace_that_is_left(tmp_path: Path) -> None:
    apart = ["unshare", "--user", "--net"]
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode:
        pytest.skip("can't make namespaces")
    ours = Remains(Place(tmp_path), MARK, leader=0)
    forgetful = f"env --unset={ENVIRONMENT} sh -c 'echo $$; exec sleep 60' & read line"
    with subprocess.Popen(
        [*apart, "sh", "-c", forgetful],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, ENVIRONMENT: MARK},
    ) as started:
        assert started.stdin
        assert started.stdout
        pid = int(started.stdout.readline())
        ours.census()
        started.stdin.close()
        started.wait()
        try:
            assert any(name.startswith("namespace net:") for name in ours.left())
        finally:
            os.kill(pid, signal.SIGKILL)


def test_a_tracing_instance_that_is_left(tmp_path: Path) -> None:
    instances = tmp_path / "tracing" / "instances"
    instances.mkdir(parents=True)
    ours = Remains(Place(tmp_path), MARK, leader=0)
    with process(MARK) as pid, process("another run") as other:
        ours.census()
        (instances / f"sockviz-{pid}-1").mkdir()
        (instances / f"sockviz-{other}-1").mkdir()
    assert ours.left() == [f"tracing instance sockviz-{pid}-1"]


def test_a_terminal_that_is_not_given_back(tmp_path: Path) -> None:
    modes = ("?1049", "?1003", "?2004")
    switches = "".join(f"\x1b[{mode}h" for mode in modes)
    command = [sys.executable, "-c", f"print({switches!r})"]
    run = OnTerminal(command, environment(MARK, tmp_path), tmp_path, ("x",), Random(1))
    try:
        while run.status() is None:
            run.play(0.05)
        found = run.wrong()
    finally:
        run.close()
    assert all(any(mode in problem for problem in found) for mode in modes)


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (("stage", "SIGKILL", "engine", 2, "sockviz: the engine's process ended"), ""),
        (("stage", "SIGKILL", "engine", 0, ""), "said nothing"),
        (("watch", "SIGTERM", "engine", 0, ""), "said nothing"),
        (("stage", "SIGTERM", "sockviz", 143, ""), ""),
        (("stage", "SIGKILL", "screen", 137, ""), "said nothing"),
        (("headless", "no descriptors", "8 descriptors", 2, "sockviz: a\nsockviz: b"), "more than one line"),
        (("run", "SIGKILL", "program", 1, ""), ""),
        (("stage", "SIGKILL", "client 1", 1, "sockviz: a fault"), "a fault of ours"),
        (("run", "SIGKILL", "engine", 2, "Traceback (most recent call last):"), "a traceback"),
    ],
)
def test_what_is_said(case: tuple[str, str, str, int, str], problem: str) -> None:
    kind, what, victim, status, said = case
    one = Round(1, kind, what, "root", victim=victim, status=status, said=said)
    found = judging.said_wrong(one, NAMES[kind])
    assert [wrong for wrong in found if problem in wrong] if problem else not found


def test_a_recording_that_was_cut_off(tmp_path: Path) -> None:
    lines = RECORDING.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(lines[:20]))
    assert judging.recording_wrong("SIGKILL", cut, printed=20, known=0.0) == []
    assert judging.recording_wrong("SIGKILL", cut, printed=21, known=0.0)
    assert judging.recording_wrong("SIGKILL", cut, printed=20, known=2e9)
    cut.write_bytes(b"no recording\n")
    assert judging.recording_wrong("SIGKILL", cut, printed=0, known=0.0)
