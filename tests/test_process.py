"""Forked processes of ours: alone, and gone in order."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sockviz.process import fork_child, succeeds


def told(question: Callable[[], Any]) -> Any:
    """What a forked child answers."""
    ours, theirs = socket.socketpair()

    def body() -> None:
        theirs.sendall(msgspec.json.encode(question()))

    pid = fork_child(body, name="a child", keep=[theirs.fileno()])
    theirs.close()
    with ours:
        answer = b"".join(iter(lambda: ours.recv(4096), b""))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return msgspec.json.decode(answer)


def comm_and_parent() -> tuple[str, int]:
    return Path("/proc/self/comm").read_text(encoding="ascii").strip(), os.getppid()


def open_descriptors() -> list[int]:
    return [fd for fd in range(256) if Path(f"/proc/self/fd/{fd}").exists()]


def test_its_name_and_its_parent() -> None:
    assert told(comm_and_parent) == ["a child", os.getpid()]


def test_it_keeps_no_descriptor_but_what_it_is_given() -> None:
    with socket.socket() as sock:
        assert sock.fileno() in open_descriptors()
        found = told(open_descriptors)
    assert found[:3] == [0, 1, 2]
    assert len(found) == 4


def open_more(fd: int, stack: contextlib.ExitStack) -> None:
    """Open as many as are allowed, and one more."""
    while True:
        stack.callback(os.close, os.dup(fd))


def test_it_opens_none_before_some_are_closed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (theirs.fileno() + 1, before[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        with pytest.raises(OSError, match="Too many open files"):
            open_more(ours.fileno(), stack)
        pid = fork_child(lambda: theirs.sendall(b"alone"), name="a child", keep=[theirs.fileno()])
        theirs.close()
        assert ours.recv(16) == b"alone"
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_it_has_no_handler_of_its_parent_and_leaves_the_terminals_signals_to_it() -> None:
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    try:
        handlers = told(lambda: [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert handlers == [signal.SIG_DFL, signal.SIG_IGN]
    assert told(lambda: list(signal.pthread_sigmask(signal.SIG_BLOCK, ()))) == []


def test_what_it_prints_does_not_get_into_its_parents_output(capfd: pytest.CaptureFixture[str]) -> None:
    told(lambda: os.write(1, b"lost"))
    assert capfd.readouterr().out == ""


def test_an_exception_ends_it_with_status_1(capfd: pytest.CaptureFixture[str]) -> None:
    pid = fork_child(lambda: os.close(-1), name="a child", keep=[])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert "Bad file descriptor" in capfd.readouterr().err


def test_a_trial_tells_whether_something_is_possible() -> None:
    assert succeeds(lambda: None)
    assert not succeeds(lambda: os.close(-1))
    assert not succeeds(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_a_trial_that_somebody_stops_goes_on() -> None:
    assert succeeds(lambda: os.kill(os.getpid(), signal.SIGSTOP))


NESTED = """
import os, signal
from sockviz.process import succeeds

def stopped(trial):
    print(os.getpid(), flush=True)
    os.kill(os.getppid(), signal.SIGSTOP)
    trial()

succeeds(lambda: stopped(lambda: succeeds(lambda: stopped(signal.pause))))
"""


def test_trials_end_with_who_wanted_them_even_when_stopped() -> None:
    with subprocess.Popen([sys.executable, "-c", NESTED], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert [process.stdout.readline() != b"" for _ in range(2)] == [True, True]
        process.kill()
        # Whoever has the pipe lives: at its end nobody does.
        assert process.stdout.read() == b""
