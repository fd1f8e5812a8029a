"""Which processes the user's programs consist of: told of as events, however they are noticed.

Two sources say so: proc, looked at now and then, and strace, which sees each fork and each end. What one has
told the other does not tell again. Pure: facts with their times in, events out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sockviz.events import CommandChanged, Event, ProgramEnded, ProgramStarted, SocketsSampled, ThreadSampled
from sockviz.guests.processes import COMMAND_SHOWN, Process, Thread


@dataclass(slots=True)
class Member:
    """A process that runs."""

    pid: int
    root: int
    """The program that was started, which it is or which it comes from."""
    name: str
    command: str
    since: int
    threads: dict[str, Thread] = field(default_factory=dict)
    """What they were last told to be blocked in."""
    followed: bool = False
    """strace tells what it calls."""


@dataclass(slots=True)
class Root:
    """A program that was started."""

    name: str
    ignored: frozenset[int]
    """Processes of ours under its keeper."""
    user: str = ""
    """Who runs it."""
    children: int = 0


class Family:
    """The processes on one host."""

    def __init__(self, host: str, emit: Callable[[Event], None]) -> None:
        self.members: dict[int, Member] = {}
        """Those that run, by pid."""
        self.host = host
        self._emit = emit
        self._roots: dict[int, Root] = {}
        self._adopting: dict[int, int] = {}
        """The keeper (or who adopts in its stead) → the program."""
        self._ended: dict[int, int] = {}
        """When a process ended."""

    def begun(
        self,
        t: int,
        pid: int,
        name: str,
        command: str,
        *,
        argv: Sequence[str],
        keepers: Sequence[int],
        followed: bool,
        user: str = "",
    ) -> None:
        """A program was started, by a `command` that was taken for `argv`.

        `keepers` are processes of ours, who adopt what it leaves behind.
        """
        self._roots[pid] = Root(name, frozenset(keepers), user)
        self._adopting.update(dict.fromkeys(keepers, pid))
        title = " ".join(argv)[:COMMAND_SHOWN]
        self.members[pid] = Member(pid, pid, name, title, t, followed=followed)
        self._ended.pop(pid, None)
        self._tell(t, pid, command[:COMMAND_SHOWN])

    def forked(self, t: int, parent: int, pid: int) -> None:
        """A member forked (strace)."""
        known = self.members.get(parent)
        if known is not None and pid not in self.members:
            self._add(t, pid, parent, known.root, known.command, followed=True)

    def ended(self, t: int, pid: int, status: int | None) -> None:
        """A member has ended."""
        member = self.members.pop(pid, None)
        if member is not None:
            self._ended[pid] = t
            self._emit(ProgramEnded(t=t, host=self.host, pid=pid, status=status))

    def all_ended(self, t: int, root: int) -> None:
        """A program's keeper has ended: nothing is left of it."""
        for pid in [pid for pid, member in self.members.items() if member.root == root]:
            self.ended(t, pid, None)
        for keeper in [keeper for keeper, of in self._adopting.items() if of == root]:
            del self._adopting[keeper]
        self._roots.pop(root, None)

    def lost(self, root: int, threads: Mapping[int, Sequence[str]]) -> None:
        """Calls of a program are not seen any more: what its `threads` are blocked in is to be told anew."""
        for member in self.members.values():
            if member.root == root:
                member.followed = False
                member.threads = {name: Thread(name, "") for name in threads.get(member.pid, ())}

    def looked(self, look: SocketsSampled, processes: Sequence[Process]) -> None:
        """A sample showed these processes."""
        self.seen(look.began, look.t, processes)

    def seen(self, began: int, t: int, processes: Sequence[Process]) -> None:
        """All that proc shows, read between `began` and `t`."""
        for process in processes:
            if process.zombie:
                self._zombie(t, process)
            elif process.pid in self.members:
                self._changed(t, self.members[process.pid], process)
            elif self._ended.get(process.pid, -1) < began:
                self._found(t, process)
        there = {process.pid for process in processes}
        for pid, member in list(self.members.items()):
            # Who is a program's own process is reaped by its keeper, who knows how it ended.
            if pid not in there and member.since < began and pid != member.root:
                self.ended(t, pid, None)

    def _zombie(self, t: int, process: Process) -> None:
        member = self.members.get(process.pid)
        if member is not None and member.pid != member.root and not member.followed:
            self.ended(t, process.pid, 0 if process.status is None else process.status)

    def _changed(self, t: int, member: Member, process: Process) -> None:
        if process.command and process.command != member.command:
            member.command = process.command
            self._emit(CommandChanged(t=t, host=self.host, pid=member.pid, command=process.command))
        if not member.followed:
            self._blocked(t, member, process.threads)

    def _found(self, t: int, process: Process) -> None:
        """One that nobody told of: a child of a member, or one that was left behind."""
        parent = process.parent
        if parent in self.members:
            root = self.members[parent].root
        elif parent in self._adopting:
            parent = root = self._adopting[parent]
        else:
            return
        if process.pid in self._roots[root].ignored:
            return
        followed = self.members[parent].followed if parent in self.members else False
        self._add(t, process.pid, parent, root, process.command, followed=followed)
        if not followed:
            self._blocked(t, self.members[process.pid], process.threads)

    def _add(self, t: int, pid: int, parent: int, root: int, command: str, *, followed: bool) -> None:
        self._roots[root].children += 1
        name = f"{self._roots[root].name}/{self._roots[root].children}"
        self.members[pid] = Member(pid, root, name, command, t, followed=followed)
        self._ended.pop(pid, None)
        self._tell(t, pid, command, parent)

    def _tell(self, t: int, pid: int, command: str, parent: int | None = None) -> None:
        """A process has begun, that is a member already."""
        member = self.members[pid]
        self._emit(
            ProgramStarted(
                t=t,
                host=self.host,
                pid=pid,
                program=member.name,
                command=command,
                parent=parent,
                user=self._roots[member.root].user,
            )
        )

    def _blocked(self, t: int, member: Member, threads: Sequence[Thread]) -> None:
        """Tell of the threads that are blocked in another call than before, and of those that are not."""
        now = {thread.thread: thread for thread in threads}
        for name in member.threads.keys() - now.keys():
            self._emit(ThreadSampled(t=t, host=self.host, pid=member.pid, thread=name))
        for name, thread in now.items():
            if member.threads.get(name) != thread:
                self._emit(
                    ThreadSampled(
                        t=t,
                        host=self.host,
                        pid=member.pid,
                        thread=name,
                        name=thread.name,
                        fd=thread.fd,
                        args=thread.args,
                    )
                )
        member.threads = now
