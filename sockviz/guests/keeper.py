"""A keeper: the process of ours that one of the user's programs runs under, as it would under a shell.

It holds the program's terminal and session, starts the program (and strace, if its calls are to be followed,
before it executes anything), adopts what the program leaves behind, and reaps. When its socket ends, or with
the host process, it kills all of them.
"""

import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import signal
import socket
import struct
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from sockviz.guests import body, messages
from sockviz.guests.messages import Begun, Kill, Killed, Leave, NotBegun, Reaped
from sockviz.lab import kernel
from sockviz.process import fork_child
from sockviz.programs.channel import Lines, receive
from sockviz.programs.messages import encode
from sockviz.sources.clock import Clock

ATTACHING: Final = 3.0
"""Seconds that strace has to attach; it takes some hundredths of one."""
GRACE: Final = 1.0
"""Seconds that the programs have to end by themselves."""
_LAST: Final = 2.0
"""Seconds until the kernel has removed what was killed."""
FOLLOWED: Final = (
    "execve,clone,?clone3,?fork,?vfork,"
    "socket,bind,connect,listen,accept,accept4,shutdown,close,setsockopt,"
    "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,sendfile,"
    "?poll,ppoll,?select,pselect6,?epoll_wait,epoll_pwait,"
    "wait4,waitid,?pause,nanosleep,clock_nanosleep,rt_sigsuspend"
)
"""The calls on sockets, those that block, and those that make processes; `?`: not every machine has it."""
_OPTIONS: Final = ("-f", "-ttt", "-T", "-yy", "-s", "64", "-e", f"trace={FOLLOWED}")
_PR_SET_CHILD_SUBREAPER: Final = 36
_SIZE: Final = struct.Struct("HHHH")

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a keeper is made for."""

    name: str
    argv: list[str]
    environment: dict[str, str]
    directory: str
    terminal: int
    """The terminal's own end (the slave of a pseudo-terminal)."""
    size: tuple[int, int]
    """Its columns and rows."""
    trace: int | None
    """Where strace is to write to; None: calls are not followed."""
    apart: bool
    """There is no PID namespace yet that would end everything with us."""


def run(sock: socket.socket, task: Task, clock: Clock) -> None:
    """Be a keeper until the program and all that it left behind have ended. In a process of its own."""
    Keeper(sock, clock).run(task)


class Keeper:
    """The state of a keeper."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._socket = sock
        self._clock = clock
        self._tracer: int | None = None
        self._init: int | None = None
        """The first process of the PID namespace that the program is in, if it has one."""
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self, task: Task) -> None:
        """Start the program, and serve."""
        os.setsid()
        with contextlib.suppress(OSError):
            fcntl.ioctl(task.terminal, termios.TIOCSCTTY, 0)
        set_size(task.terminal, *task.size)
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            self._begin(task)
            self._serve()
        finally:
            self._end_all()

    def _begin(self, task: Task) -> None:
        go, let_go = os.pipe2(os.O_CLOEXEC)
        why, tell_why = os.pipe2(os.O_CLOEXEC)
        untraced, whom = self._prepare_tracer(task.trace) if task.trace is not None else ("", -1)
        try:
            if task.apart:
                self._part()
            keep = [task.terminal, go, tell_why]
            program = fork_child(lambda: _be(task, go, tell_why), name=task.name, keep=keep)
        except OSError as error:
            self._say(NotBegun(reason=error.strerror or str(error)))
            return
        os.close(tell_why)
        if self._tracer is not None:
            untraced = self._follow(program, self._tracer, whom)
        t = self._clock.now()  # before anything that it does
        os.write(let_go, b"\n")
        reason = os.read(why, 4096).decode("utf-8", "replace")
        if reason:
            self._say(NotBegun(reason=reason))
        else:
            self._say(
                Begun(
                    pid=program,
                    t=t,
                    tracer=self._tracer,
                    adopts=self._init,
                    user=body.user(),
                    untraced=untraced,
                )
            )
        for fd in (task.terminal, go, let_go, why, whom, task.trace):
            if fd is not None and fd >= 0:
                os.close(fd)

    def _part(self) -> None:
        """Have children made in a PID namespace of their own from now on, which ends with us.

        Only they are in it: with proc as it is all others go on knowing them by their usual numbers.

        Raises:
            OSError: the kernel refused.
        """
        kernel.unshare(kernel.CLONE_NEWPID)
        self._init = fork_child(_reap_forever, name="init", keep=[])

    def _prepare_tracer(self, trace: int) -> tuple[str, int]:
        """Have a process ready to become strace, which must not be where the program will be.

        Returns:
            Why there is none, as a clause; and where it is to be told whom to follow.
        """
        strace = shutil.which("strace")
        if strace is None:
            return "strace is not installed", -1
        listen, whom = os.pipe2(os.O_CLOEXEC)

        def attach() -> None:
            program = os.read(listen, 16).decode()
            if not program:
                return
            os.dup2(trace, 3)
            os.set_inheritable(3, True)  # noqa: FBT003 - the signature is the standard library's
            os.execv(strace, ["strace", *_OPTIONS, "-o", "/proc/self/fd/3", "-p", program])  # noqa: S606

        self._tracer = fork_child(attach, name="strace", keep=[trace, listen])
        os.close(listen)
        return "", whom

    def _follow(self, program: int, tracer: int, whom: int) -> str:
        """Have strace attach to the program, which waits meanwhile; why it did not, as a clause."""
        os.write(whom, str(program).encode())
        end = time.monotonic() + ATTACHING
        while time.monotonic() < end:
            if _traced(program):
                return ""
            if os.waitpid(tracer, os.WNOHANG)[0]:
                self._tracer = None
                return "strace may not attach to it"
            time.sleep(0.001)
        os.kill(tracer, signal.SIGKILL)
        os.waitpid(tracer, 0)
        self._tracer = None
        return "strace did not attach to it in time"

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        lines = Lines()
        while self._reap():
            ready = {fd for fd, _ in poll.poll()}
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            if self._socket.fileno() in ready:
                data = receive(self._socket)
                if not data or not self._obey(lines.feed(data)):
                    return

    def _obey(self, lines: Iterator[bytes]) -> bool:
        """Do what was asked; False: that was to leave."""
        for line in lines:
            match messages.to_keeper.decode(line):
                case Kill() as kill:
                    self._kill(kill)
                case Leave():
                    return False
        return True

    def _kill(self, kill: Kill) -> None:
        error = ""
        try:
            if kill.pid in self._processes():
                os.kill(kill.pid, kill.number)
            else:
                error = "it has ended"
        except OSError as refused:
            error = refused.strerror or str(refused)
        self._say(Killed(request=kill.request, error=error))

    def _processes(self) -> set[int]:
        """All below us but strace."""
        return descendants(os.getpid()) - {self._tracer or 0, self._init or 0}

    def _reap(self) -> bool:
        """Collect what ended, and tell; False: nobody is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return self._init is None or bool(self._processes())
            if pid == self._tracer:
                self._tracer = None
            else:
                self._say(Reaped(pid=pid, status=os.waitstatus_to_exitcode(status), t=self._clock.now()))

    def _end_all(self) -> None:
        """Ask all to end, and then make them."""
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, _LAST)):
            end = time.monotonic() + patience
            asked: set[int] = set()
            while time.monotonic() < end and (left := self._processes()):
                for pid in left - asked:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                        os.kill(pid, signal.SIGCONT)
                asked = set() if number == signal.SIGKILL else asked | left
                if not self._reap():
                    return
                select.select([self._wake], [], [], 0.02)
            self._reap()

    def _say(self, message: msgspec.Struct) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(encode(message))


def set_size(terminal: int, columns: int, rows: int) -> None:
    """Set a terminal's size (either end's descriptor); its programs get SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, _SIZE.pack(rows, columns, 0, 0))


def descendants(pid: int) -> set[int]:
    """The processes below one, from proc; none where the kernel does not list children."""
    found: set[int] = set()
    new = [pid]
    while new:
        parent = new.pop()
        for task in _entries(Path(f"/proc/{parent}/task")):
            with contextlib.suppress(OSError):
                children = (task / "children").read_text(encoding="ascii").split()
                more = [int(child) for child in children if int(child) not in found]
                found.update(more)
                new += more
    return found


def _entries(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


def _be(task: Task, go: int, tell_why: int) -> None:
    """In the program's process: everything until it is executed; or say why it can't be."""
    try:
        keeper = os.getppid()
        body.become_user(keeper)
        body.take_terminal(task.terminal)
        if not os.read(go, 1):
            return
        body.execute(task.argv, task.environment, task.directory)
    except OSError as error:
        os.write(tell_why, (error.strerror or str(error)).encode())


def _reap_forever() -> None:
    """Be the first process of a PID namespace."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        signal.sigwait([signal.SIGCHLD])


def _traced(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return "TracerPid:\t0\n" not in status
