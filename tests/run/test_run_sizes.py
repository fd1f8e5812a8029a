"""A terminal's size is changed without a call of anybody being interrupted who does not expect it."""

import sys

import pytest
from stage import Lab

from sockviz import events, intents

WAITS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
epoll, room = libc.epoll_create1(0), ctypes.create_string_buffer(120)
print("waiting", flush=True)
if libc.epoll_wait(epoll, room, 10, -1) < 0:
    print(os.strerror(ctypes.get_errno()), flush=True)
"""
HANDLES = """
import os, signal, tty
def say(*_):
    print("now %d by %d" % os.get_terminal_size(), flush=True)
print("not yet", flush=True)
input()
tty.setcbreak(0)
signal.signal(signal.SIGWINCH, say)
print("from now on", flush=True)
while True:
    signal.pause()
"""


STOPS = """
import signal
def stop(*_):
    print("stopped", flush=True)
signal.signal(signal.SIGWINCH, stop)
print("serving", flush=True)
while True:
    signal.pause()
"""


def python(tmp_path, name, text):
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    return f"{sys.executable} {path}"


def resized(lab, name, columns, rows, *, gently):
    """Ask for it, and wait until that has been looked at."""
    program = lab.program(name)
    lab.send(intents.Resize(host="server", pid=program.pid, columns=columns, rows=rows, gently=gently))
    lab.send(intents.Mark(text=f"{columns} by {rows}"))
    lab.event(events.Marked, text=f"{columns} by {rows}")


def test_who_has_no_handler_goes_on_waiting(lab, strace, tmp_path):
    with Lab(python(tmp_path, "waits", WAITS)) as run:
        run.called("epoll_wait")
        resized(run, "server", 57, 9, gently=True)
        assert not list(run.every(events.SignalReceived))
        resized(run, "server", 58, 9, gently=False)
        run.shows("server", "Interrupted system call")


def test_who_has_one_is_told_as_soon_as_it_has_it(lab, strace, tmp_path):
    with Lab(python(tmp_path, "handles", HANDLES)) as run:
        run.shows("server", "not yet")
        run.called("read", fd=0)
        resized(run, "server", 57, 9, gently=True)
        assert not list(run.every(events.SignalReceived))
        run.type("server", "\n")
        run.shows("server", "now 57 by 9")
        resized(run, "server", 60, 10, gently=True)
        run.shows("server", "now 60 by 10")


@pytest.mark.parametrize("trace", [True, False])
def test_who_means_something_else_by_it_and_draws_nothing_is_left_alone(lab, tmp_path, trace):
    with Lab(python(tmp_path, "stops", STOPS), trace=trace) as run:
        run.shows("server", "serving")
        resized(run, "server", 57, 9, gently=True)
        assert not list(run.every(events.TerminalChanged, columns=57))
        resized(run, "server", 58, 9, gently=False)
        run.shows("server", "stopped")


def test_without_strace_nobody_notices(lab, tmp_path):
    with Lab(python(tmp_path, "waits", WAITS), trace=False) as run:
        run.shows("server", "waiting")
        resized(run, "server", 57, 9, gently=True)
        assert "Interrupted" not in run.output("server")


def test_who_has_ended_is_not_missed(lab, tmp_path):
    with Lab("sh -c 'exit 0'", f"{sys.executable} -c 'input()'") as run:
        run.ended("server")
        resized(run, "server", 57, 9, gently=True)
        assert not [one for one in run.every(events.RequestRefused) if one.request == "resize"]


def test_a_terminal_has_its_size_from_the_start_and_what_it_has_is_told(lab):
    tells = f"{sys.executable} -c 'import os; print(os.get_terminal_size()); input()'"
    with Lab(tells, terminals={"server": (57, 9)}) as run:
        run.shows("server", "columns=57, lines=9")
        first = run.event(events.TerminalChanged)
        assert (first.pid, first.columns, first.rows) == (run.program("server").pid, 57, 9)
        resized(run, "server", 44, 7, gently=False)
        assert [(one.columns, one.rows) for one in run.every(events.TerminalChanged)] == [(57, 9), (44, 7)]
        run.send(intents.Launch(host="server", command=tells))
        run.shows("server 2", "columns=44, lines=7")


def test_who_wants_keys_and_not_lines_is_told(lab):
    raw = "import sys, tty; tty.setcbreak(0); print('keys', flush=True); sys.stdin.read(1); print('got it')"
    with Lab(f'{sys.executable} -c "{raw}"') as run:
        run.event(events.TerminalChanged, by_key=True)
        run.type("server", "x")
        run.shows("server", "got it")
