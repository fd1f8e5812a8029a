"""The stage's terminal: is there one, is it large enough, and who restores it after a crash.

A process that is killed can't restore its terminal. So the app runs in a child, and its parent, the guard,
does nothing but wait: if the app is killed the guard restores the terminal. If the guard is killed its shell
goes on at once, and takes the terminal's modes as they are for its own; so another child, the spare, does
nothing but wait for that, to be quicker than the shell. The kernel ends the app, but not at once: the spare
does, since what is drawn after the terminal was restored would stay.
"""

import contextlib
import os
import select
import signal
import sys
import termios
from typing import Any, Final

from sockviz.errors import UserError
from sockviz.process import die_with_parent, is_job, set_thread_name

COLUMNS: Final = 80
LINES: Final = 24
"""The smallest terminal that the stage fits on."""

_GRACE: Final = 2
"""Seconds to end in order when the terminal is gone."""

_LAST_BREATH: Final = 200
"""ms; so long, at most, the terminal waits to be restored for the end of an app that was killed."""

_RESTORE: Final = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # no mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2048l"  # no focus, paste or size reports; nothing held back
    b"\x1b[<u\x1b[?7h\x1b[0m\x1b[?25h"  # plain keys, wrapped lines, no colour, a cursor
    b"\x1b[?1049l\r\n"  # the screen as it was
)


OTHERWISE: Final = "--headless needs no terminal: it plays one whole life and prints its events"


def check(otherwise: str = OTHERWISE) -> None:
    """See that there is a terminal that the stage can be shown on.

    Args:
        otherwise: what needs none.

    Raises:
        UserError: there is none, or it is too small.
    """
    # Textual reads standard input and draws on standard error.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise UserError("there is no terminal to show the stage on", otherwise, kind="no-terminal")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise UserError(
            "this terminal can't show a screen (TERM is not set, or dumb)", otherwise, kind="no-terminal"
        )
    columns, lines = os.get_terminal_size(sys.stderr.fileno())
    # 0x0: a terminal that does not know its size, as on a serial line.
    if columns and lines and (columns < COLUMNS or lines < LINES):
        raise UserError(
            f"this terminal is {columns}x{lines}; the stage needs {COLUMNS}x{LINES}",
            "make it larger, or its letters smaller",
            kind="small-terminal",
        )


def guard() -> None:
    """Go on in a child process; the parent waits for it and ends as it ended, with the terminal restored.

    Returns in the child only. To be called while this process has one thread.
    """
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    # Changes nothing, but a job in the background is stopped here, as it has to be, until it is in front.
    termios.tcsetattr(terminal, termios.TCSANOW, before)
    parent = os.getpid()
    child = os.fork()
    if child:
        try:
            spare, in_order = _spare(terminal, before, child)
            news, woken = _news_of_children()
        except OSError:  # before the child could say the same
            os.kill(child, signal.SIGKILL)
            raise
        status = _wait(child, terminal, news, woken)
        if os.WIFSIGNALED(status):
            _restore(terminal, before)
            _tell(os.WTERMSIG(status))
        with contextlib.suppress(OSError):  # somebody killed it
            os.write(in_order, b".")
        os.waitpid(spare, 0)
        os._exit(_shell_status(status))
    die_with_parent(parent)


def _spare(terminal: int, before: list[Any], app: int) -> tuple[int, int]:
    """Start the process that restores the terminal if this one is killed; `app`: a child of this one.

    Returns:
        Its pid, and a descriptor: it ends when something is written there. It must be nobody's but ours.
    """
    app = os.pidfd_open(app)
    alive, in_order = os.pipe()
    # What the terminal sends to everybody is not for it; nor is it stopped for being in the background.
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        os.close(alive)
        os.close(app)
        return child, in_order
    os.close(in_order)
    set_thread_name("sockviz spare")
    if not os.read(alive, 1):
        _end(app)
        _restore(terminal, before)
    os._exit(0)


def _end(process: int) -> None:
    """Kill a process, given by a descriptor, and wait until it draws no more."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
    ended = select.poll()
    ended.register(process, select.POLLIN)
    ended.poll(_LAST_BREATH)


def _wait(child: int, terminal: int, news: select.poll, woken: int) -> int:
    """Wait for the end of the child: stop while it is stopped, pass on to it what is meant for it.

    Who draws on a terminal that is gone may be stuck, so the child is ended then if it does not end itself.
    Of a terminal that is not the controlling one no signal tells that it is gone: it is looked at.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the child as well

    def pass_on(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)
        signal.alarm(_GRACE)

    def end_if_gone(*_: object) -> None:
        try:
            termios.tcgetattr(terminal)
        except termios.error:
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end_if_gone)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    news.register(terminal, 0)  # POLLHUP is always told
    while True:
        changed, status = os.waitpid(child, os.WUNTRACED | os.WNOHANG)
        if not changed:
            for ready, _ in news.poll():
                if ready == woken:
                    os.read(woken, 64)
                else:
                    news.unregister(terminal)
                    pass_on(signal.SIGHUP, None)
        elif os.WIFSTOPPED(status):
            # The shell waits for all of its job to stop, as for `make` if that has started us.
            os.kill(0 if is_job() else os.getpid(), signal.SIGSTOP)
            os.kill(child, signal.SIGCONT)
        else:
            return status


def _news_of_children() -> tuple[select.poll, int]:
    """What becomes ready when a child changed its state, and the descriptor that it is told on then."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    news = select.poll()
    news.register(woken, select.POLLIN)
    return news, woken


def _restore(terminal: int, before: list[Any]) -> None:
    """Give the terminal back as it was, its modes first; what the mouse still reports is thrown away."""
    with contextlib.suppress(OSError, termios.error):
        termios.tcsetattr(terminal, termios.TCSANOW, before)
        os.write(terminal, _RESTORE)
        termios.tcflush(terminal, termios.TCIFLUSH)


def _tell(number: int) -> None:
    error = UserError(
        f"the screen's process was ended by {signal.Signals(number).name}", "everything else ended with it"
    )
    with contextlib.suppress(OSError):  # the terminal is gone
        sys.stderr.write(error.line() + "\n")
        sys.stderr.flush()


def _shell_status(status: int) -> int:
    """The exit status as a shell would give it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
