"""What strace prints is understood; whatever else comes is survived."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz import events
from sockviz.guests import blocked, wording
from sockviz.guests.family import Family
from sockviz.guests.following import Following
from sockviz.guests.processes import Process, Thread
from sockviz.guests.strace import Entered, Gone, Parser, Returned, Signalled

ROOT, CHILD, THREAD = 100, 101, 102
TRACE = (Path(__file__).parent / "example.strace").read_bytes().removesuffix(b"\n")
"""The last line is a call that has not returned."""


def followed(trace: bytes, cut: int = 1 << 20) -> list[events.Event]:
    told: list[events.Event] = []
    family = Family("server", told.append)
    family.begun(0, ROOT, "server", "./server", argv=["./server"], keepers=[99], followed=True)
    following = Following(ROOT, family, told.append, itertools.count(1))
    parser = Parser()
    for start in range(0, len(trace), cut):
        for record in parser.feed(trace[start : start + cut]):
            following.take(record, 0)
    if (pending := parser.pending()) is not None:
        following.take(pending, 0)
    following.still(1 << 62, 0)
    return told


@pytest.mark.parametrize("cut", [1, 7, 64, 1 << 20])
def test_calls_forks_signals_and_ends(cut):
    told = followed(TRACE, cut)
    calls = [
        (one.pid, one.thread, one.name, one.fd, one.args)
        for one in told
        if isinstance(one, events.CallEntered)
    ]
    assert calls == [
        (ROOT, "main", "socket", None, "AF_INET6, SOCK_STREAM"),
        (ROOT, "main", "setsockopt", 3, "SOL_SOCKET, SO_REUSEADDR, [1]"),
        (ROOT, "main", "bind", 3, "[::]:8001"),
        (ROOT, "main", "listen", 3, "backlog=5"),
        (CHILD, "main", "connect", 4, "10.0.0.1:8001"),
        (ROOT, "main", "accept4", 3, ""),
        (ROOT, "thread 2", "read", 4, "up to 4096 bytes"),
        (ROOT, "thread 2", "sendmsg", 4, "5 bytes"),
        (ROOT, "thread 2", "shutdown", 4, "SHUT_WR"),
        (ROOT, "main", "poll", None, "[{fd=3, events=POLLIN}, {fd=0, events=POLLIN}], 2, -1"),
        (ROOT, "main", "accept4", 3, ""),
    ]  # fmt: skip
    returned = {one.call: one for one in told if isinstance(one, events.CallReturned)}
    by_name = {one.name: returned.get(one.call) for one in told if isinstance(one, events.CallEntered)}
    assert by_name["accept4"] is None, "the last one has not returned"
    first = next(one for one in told if isinstance(one, events.CallEntered) and one.name == "accept4")
    accepted = returned[first.call]
    assert (accepted.result, accepted.local, accepted.remote) == (4, "10.0.0.1:8001", "10.0.0.2:45568")
    assert (first.t, accepted.t) == (1_000_000_800_000, 1_000_200_000_000)
    assert (by_name["connect"].result, by_name["connect"].error) == (-1, "EINPROGRESS")
    assert by_name["read"].data == b'a\0\x1b[2J"\\, b\xc3\xa9'
    assert by_name["sendmsg"].data == b"ab"
    assert by_name["poll"].result == 1
    (child,) = (one for one in told if isinstance(one, events.ProgramStarted) and one.parent)
    assert (child.pid, child.program, child.parent) == (CHILD, "server/1", ROOT)
    (signal,) = (one for one in told if isinstance(one, events.SignalReceived))
    assert (signal.pid, signal.signal) == (CHILD, "SIGPIPE")
    (ended,) = (one for one in told if isinstance(one, events.ProgramEnded))
    assert (ended.pid, ended.status) == (CHILD, -13)


def test_what_is_not_complete_is_given_once_when_nothing_more_comes():
    parser = Parser()
    assert list(parser.feed(b"7 1.000001 read(4<TCP:[1.2.3.4:5->6.7.8.9:10]>, ")) == []
    assert parser.pending() == Entered(7, 1_000_001_000, "read", "4<TCP:[1.2.3.4:5->6.7.8.9:10]>, ")
    assert parser.pending() is None
    (returned,) = parser.feed(b'"x", 100) = 1 <0.000002>\n')
    assert (returned.entered, returned.t, returned.result) == (1_000_001_000, 1_000_003_000, 1)


HOSTILE = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet='()<>[]{}",= \\->0129.:?+abcE_\n', max_size=300).map(str.encode),
    st.tuples(
        st.sampled_from([b"100", b"101", b"99999999999"]),
        st.sampled_from([b"1000.000001", b"0.0", b"99999999999999.000000"]),
        st.sampled_from(
            [
                b"read(",
                b"<... read resumed>",
                b"clone(",
                b"accept4(3<TCP:[",
                b"+++ exited with ",
                b"--- SIG",
                b"socket(AF_INET, ",
            ]
        ),
        st.binary(max_size=60).map(lambda noise: noise.replace(b"\n", b"")),
        st.sampled_from(
            [
                b") = 4",
                b") = -1 EAGAIN (x)",
                b" <unfinished ...>",
                b") = ? ERESTARTSYS (y)",
                b") = 101",
                b"",
                b"+++",
            ]
        ),
    ).map(lambda parts: parts[0] + b" " + b" ".join(parts[1:3]) + b"".join(parts[3:]) + b"\n"),
)  # fmt: skip


@given(st.lists(HOSTILE, max_size=30))
def test_nothing_that_a_program_prints_makes_it_stumble(pieces):
    start = TRACE[: TRACE.index(b"100 1000.000200")]
    for event in followed(start + b"".join(pieces)):
        assert events.decode(events.encode(event)) == event


@given(st.text(max_size=200))
def test_wording_takes_anything(text):
    given_ = wording.arguments(text)
    for name in (*wording.WITH_SOCKET, "socket", "poll"):
        assert len(wording.words(name, given_)) <= max(wording.ARGS_SHOWN, len(text) + 30)
    wording.file(text), wording.ends(text), wording.address(text), wording.peer(text)
    assert len(wording.data(text)) <= wording.DATA_SHOWN


@pytest.mark.parametrize(
    ("line", "machine", "call"),
    [
        ("43 0x3 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f31", "x86_64", ("accept", 3, "")),
        ("202 0x5 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f31", "aarch64", ("accept", 5, "")),
        ("7 0x7ffe 0x1 0xffffffff 0x0 0x0 0x0 0x7ffe 0x7f31", "x86_64", ("poll", None, "")),
        ("running", "x86_64", None),
        ("-1 0x7ffe 0x7f31", "x86_64", None),
        ("43 0x3 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f31", "mips", None),
        ("", "x86_64", None),
        ("43 zzz 0x0", "x86_64", None),
    ],
)
def test_what_proc_says_of_a_blocked_thread(line, machine, call):
    assert blocked.decode(line, machine) == call


@given(st.text(max_size=80))
def test_what_proc_says_may_be_anything(text):
    blocked.decode(text, "x86_64")
    blocked.of_kernel(text)


class TestFamily:
    """Two sources tell of the same processes."""

    @pytest.fixture
    def told(self) -> list[events.Event]:
        return []

    @pytest.fixture
    def family(self, told) -> Family:
        family = Family("server", told.append)
        family.begun(10, ROOT, "server", "./a 'b'", argv=["./a", "b"], keepers=[99, 98], followed=False)
        return family

    def test_what_was_told_is_not_told_again(self, family, told):
        family.forked(20, ROOT, CHILD)
        family.seen(
            30, 31, (Process(ROOT, 99, "./a b"), Process(CHILD, ROOT, "./a b"), Process(98, 99, "strace"))
        )
        assert [type(one).__name__ for one in told] == ["ProgramStarted", "ProgramStarted"]

    def test_who_was_left_behind_belongs_to_the_program(self, family, told):
        family.seen(
            30, 31, (Process(ROOT, 99, "./a b"), Process(CHILD, 99, "daemon"), Process(98, 99, "strace"))
        )
        assert (told[-1].program, told[-1].parent, told[-1].command) == ("server/1", ROOT, "daemon")
        assert len(told) == 2
        family.seen(40, 41, (Process(77, 1, "not ours"),))
        assert (told[-1].pid, told[-1].status) == (CHILD, None)

    def test_a_look_from_before_a_fork_or_an_end_says_nothing(self, family):
        family.forked(20, ROOT, CHILD)
        family.seen(15, 25, (Process(ROOT, 99, "./a b"),))
        assert CHILD in family.members
        family.ended(30, CHILD, 0)
        family.seen(28, 35, (Process(ROOT, 99, "./a b"), Process(CHILD, ROOT, "./a b")))
        assert CHILD not in family.members

    def test_zombies_have_ended(self, family, told):
        family.seen(20, 21, (Process(ROOT, 99, "./a b"), Process(CHILD, ROOT, "./a b")))
        family.seen(30, 31, (Process(ROOT, 99, "./a b"), Process(CHILD, ROOT, "", status=-9, zombie=True)))
        assert (told[-1].pid, told[-1].status) == (CHILD, -9)

    def test_threads_are_told_when_they_block_in_something_else(self, family, told):
        def seen(t: int, *threads: Thread) -> list[tuple[str, str]]:
            told.clear()
            family.seen(t, t + 1, (Process(ROOT, 99, "./a b", threads),))
            return [(one.thread, one.name) for one in told]

        assert seen(20, Thread("main", "accept", 3)) == [("main", "accept")]
        assert seen(30, Thread("main", "accept", 3), Thread("thread 2", "read", 4)) == [("thread 2", "read")]
        assert seen(40, Thread("main", "read", 4)) == [("thread 2", ""), ("main", "read")]
        assert seen(50) == [("main", "")]

    def test_all_that_is_left_ends_with_the_keeper(self, family, told):
        family.forked(20, ROOT, CHILD)
        family.all_ended(30, ROOT)
        assert family.members == {}
        assert [one.pid for one in told if isinstance(one, events.ProgramEnded)] == [ROOT, CHILD]


def test_records_have_what_was_printed():
    records = list(Parser().feed(TRACE))
    assert sum(isinstance(one, Returned) for one in records) == 15
    assert [one.signal for one in records if isinstance(one, Signalled)] == ["SIGPIPE"]
    assert [(one.thread, one.status) for one in records if isinstance(one, Gone)] == [
        (CHILD, None),
        (THREAD, 0),
    ]
