"""The user's own programs in the world: processes that share sockets, calls by other names, terminals."""

from typing import Any

import pytest
from playbook import CAPABILITIES, SERVER

from sockviz import events
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.guests import OUTPUT_KEPT, how_it_ended
from sockviz.world.model import Narration, World

PARENT, CHILD, CLIENT = 10, 11, 20
REMOTE = "10.0.0.2:40001"


class Story:
    """Events in their order, and the world after them."""

    def __init__(self, *capabilities: str) -> None:
        self.t = 0
        self.calls = 0
        self.world = World()
        self.said: list[str] = []
        hosts = (
            events.Host(name="client", addresses=("10.0.0.2",)),
            events.Host(name="server", addresses=("10.0.0.1",)),
        )
        header = {"format": 1, "source": "lab", "hosts": hosts, "made_by": "test"}
        self.add(events.Header, **header, capabilities=(*(capabilities or CAPABILITIES), "programs"))

    def add(self, kind: type[events.Event], **fields: Any) -> "Story":
        self.t += 1_000_000
        self.world, facts = advance(self.world, [kind(t=self.t, **fields)])
        self.said += [fact.text for fact in facts if isinstance(fact, Narration)]
        return self

    def started(self, pid: int, program: str, parent: int | None = None, host: str = "server") -> "Story":
        return self.add(
            events.ProgramStarted, host=host, pid=pid, program=program, command=f"./{program}", parent=parent
        )

    def call(self, pid: int, name: str, fd: int | None = None, *, args: str = "", **returned: Any) -> "Story":
        """A call that returned at once; without a result it has not returned."""
        self.calls += 1
        host = "client" if pid == CLIENT else "server"
        place = {"call": self.calls, "host": host, "pid": pid}
        self.add(events.CallEntered, **place, thread="main", name=name, fd=fd, args=args)
        if returned:
            self.add(events.CallReturned, **place, **returned)
        return self

    def listening(self) -> "Story":
        self.started(PARENT, "server")
        self.call(PARENT, "socket", args="AF_INET, SOCK_STREAM", result=3)
        self.call(PARENT, "bind", 3, args="0.0.0.0:8001", result=0, local="0.0.0.0:8001")
        return self.call(PARENT, "listen", 3, args="backlog=4", result=0)

    def accepted(self) -> "Story":
        return self.call(PARENT, "accept4", 3, result=4, local=SERVER, remote=REMOTE)

    @property
    def end(self):
        return self.world.connections[1].server


def test_other_names_of_accept_read_and_write():
    story = Story().listening().accepted()
    assert story.end.state is State.ESTABLISHED
    assert (story.end.accepted, story.end.pid, story.end.fd) == (True, PARENT, 4)
    story.call(PARENT, "read", 4, args="up to 10 bytes", result=5)
    story.call(PARENT, "writev", 4, args="7 bytes", result=7)
    story.call(PARENT, "recvmsg", 4, args="up to 10 bytes", result=0)
    assert story.end.state is State.CLOSE_WAIT
    assert any("read() took 5 bytes" in text for text in story.said)
    assert any("writev() gave 7 bytes" in text for text in story.said)
    assert any("recvmsg() returned 0" in text for text in story.said)


def test_what_does_not_block_has_not_failed():
    story = Story().listening()
    before = len(story.said)
    story.call(PARENT, "accept4", 3, result=-1, error="EAGAIN")
    story.call(PARENT, "accept4", 3, result=-1, error="ERESTARTSYS")
    story.call(PARENT, "rt_sigsuspend", None, result=-1, error="ERESTARTNOHAND")
    assert not any("failed" in text for text in story.said[before:])
    story.call(PARENT, "accept4", 3, result=-1, error="EMFILE")
    assert "accept4() failed with EMFILE" in story.said[-1]


class TestForks:
    def test_a_child_goes_on_with_what_its_parent_closes(self):
        story = Story().listening().accepted().started(CHILD, "server/1", PARENT)
        assert set(story.world.programs["server", CHILD].descriptors) == {3, 4}
        story.call(PARENT, "close", 4, result=0)
        assert (story.end.pid, story.end.fd, story.end.state) == (CHILD, 4, State.ESTABLISHED)
        story.call(CHILD, "close", 3, result=0)
        listener = story.world.listeners["server", "0.0.0.0:8001"]
        assert (listener.state, listener.pid, listener.fd) == (State.LISTEN, PARENT, 3)
        story.call(CHILD, "close", 4, result=0)
        assert (story.end.pid, story.end.fd) == (None, None)
        assert story.end.state is State.FIN_WAIT1

    def test_a_child_that_ends_closes_only_its_copies(self):
        story = Story().listening().accepted().started(CHILD, "server/1", PARENT)
        story.add(events.ProgramEnded, host="server", pid=CHILD, status=0)
        assert (story.end.pid, story.end.state) == (PARENT, State.ESTABLISHED)
        assert story.world.listeners["server", "0.0.0.0:8001"].state is State.LISTEN
        story.add(events.ProgramEnded, host="server", pid=PARENT, status=0)
        assert story.end.state is State.FIN_WAIT1
        assert story.world.listeners["server", "0.0.0.0:8001"].state is State.CLOSED

    def test_where_calls_are_not_seen_nothing_is_assumed(self):
        story = Story("table").started(PARENT, "server").started(CHILD, "server/1", PARENT)
        assert story.world.programs["server", CHILD].descriptors == {}
        assert story.world.programs["server", CHILD].parent == PARENT


class TestListeners:
    def sampled(self, story: Story, cookie: int, depth: int) -> Story:
        owner = events.Owner(pid=cookie, fd=3)
        return story.add(
            events.ListenerSampled,
            host="server", local="0.0.0.0:8001", depth=depth, limit=4, cookie=cookie, owners=(owner,),
        )  # fmt: skip

    def test_several_with_one_address_are_told_together_and_apart(self):
        story = Story()
        for cookie, depth in ((1, 2), (2, 0), (3, 5)):
            self.sampled(story, cookie, depth)
        listener = story.world.listeners["server", "0.0.0.0:8001"]
        assert (listener.depth, listener.limit) == (7, 12)
        assert {cookie: one.depth for cookie, one in listener.sockets.items()} == {1: 2, 2: 0, 3: 5}
        assert [owner.pid for owner in listener.owners] == [1, 2, 3]
        self.sampled(story, 3, 1)
        story.add(events.ListenerGone, host="server", local="0.0.0.0:8001", cookie=1)
        listener = story.world.listeners["server", "0.0.0.0:8001"]
        assert (listener.state, listener.depth, listener.limit) == (State.LISTEN, 1, 8)

    def test_the_last_one_is_the_listener(self):
        story = self.sampled(Story(), 1, 0)
        story.add(events.ListenerGone, host="server", local="0.0.0.0:8001", cookie=1)
        assert story.world.listeners["server", "0.0.0.0:8001"].state is State.CLOSED

    def test_nobody_listens(self):
        story = Story().started(PARENT, "server")
        story.add(events.ListenerMissing, host="server", waited=10_000_000_000)
        assert story.said[-1].startswith("No program on the server listens after 10 s")
        story.add(events.ProgramEnded, host="server", pid=PARENT, status=0)
        story.add(events.ListenerMissing, host="server", waited=10_000_000_000)
        assert story.said[-1].startswith("The programs on the server have ended")


def test_what_a_terminal_shows_is_kept_to_its_end():
    story = Story().started(PARENT, "server")
    for letter in b"abc":
        data = bytes([letter]) * (OUTPUT_KEPT // 2)
        story.add(events.ProgramOutput, host="server", pid=PARENT, data=data)
    program = story.world.programs["server", PARENT]
    assert program.output == b"b" * (OUTPUT_KEPT // 2) + b"c" * (OUTPUT_KEPT // 2)
    assert program.printed == 3 * (OUTPUT_KEPT // 2)
    story.add(events.ProgramOutput, host="server", pid=999, data=b"of nobody")


def test_commands_and_signals():
    story = Story().started(PARENT, "server")
    story.add(events.CommandChanged, host="server", pid=PARENT, command="nginx: master")
    assert story.world.programs["server", PARENT].command == "nginx: master"
    for name in ("SIGCHLD", "SIGTERM", "SIGPIPE"):
        story.add(events.SignalReceived, host="server", pid=PARENT, thread="main", signal=name)
    assert story.said[-2] == "server got SIGTERM."
    assert story.said[-1].startswith("server got SIGPIPE: it wrote to a connection that was reset")


def test_what_a_thread_is_blocked_in_by_proc():
    story = Story("table").started(PARENT, "server")
    place = {"host": "server", "pid": PARENT}
    story.add(events.ThreadSampled, **place, thread="main", name="accept", fd=3)
    story.add(events.ThreadSampled, **place, thread="thread 2", name="read", fd=4)
    blocked = story.world.programs["server", PARENT].blocked
    assert [(call.thread, call.name, call.fd, call.sampled) for call in blocked] == [
        ("main", "accept", 3, True),
        ("thread 2", "read", 4, True),
    ]
    story.add(events.ThreadSampled, **place, thread="main")
    assert [call.thread for call in story.world.programs["server", PARENT].blocked] == ["thread 2"]
    story.add(events.ProgramEnded, **place, status=None)
    assert story.world.programs["server", PARENT].blocked == ()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "ended with status 0"),
        (3, "ended with status 3"),
        (-11, "was killed by SIGSEGV"),
        (-99, "was killed by signal 99"),
        (None, "ended"),
    ],
)
def test_how_a_program_ended(status, words):
    assert how_it_ended(status) == words


def test_connections_inside_a_host_are_rows_and_nothing_more():
    story = Story().listening()
    for local, remote in (("127.0.0.1:8001", "127.0.0.1:50000"), ("10.0.0.1:50001", "10.0.0.1:8001")):
        row = events.SocketRow(state="ESTABLISHED", local=local, remote=remote, pid=PARENT, fd=7, inode=5)
        story.add(events.SocketsSampled, host="server", began=story.t, changed=(row,))
    story.call(PARENT, "accept", 3, result=5, local="127.0.0.1:8001", remote="127.0.0.1:50000")
    assert len(story.world.tables["server"]) == 2
    assert story.world.connections == {}
