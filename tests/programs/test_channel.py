"""Lines over socket pairs, whole and in order whatever the socket takes at once."""

import asyncio
import socket

from ensemble import PATIENCE
from hypothesis import given
from hypothesis import strategies as st

from sockviz.programs.channel import Channel, Lines, receive


@given(st.binary(), st.lists(st.integers(0, 64)))
def test_lines_are_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    lines, found, rest = Lines(), [], data
    for cut in cuts:
        found += lines.feed(rest[:cut])
        rest = rest[cut:]
    found += lines.feed(rest)
    assert found == data.split(b"\n")[:-1]


async def test_more_than_the_socket_takes_arrives_later_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    ended = asyncio.Event()
    channel = Channel(ours, lambda _: None, ended.set)
    sent = [b"%d %s\n" % (number, b"x" * 1000) for number in range(200)]
    for line in sent:
        channel.send(line)
    wanted = b"".join(sent)
    theirs.setblocking(False)
    got = b""
    async with asyncio.timeout(PATIENCE):
        while len(got) < len(wanted):
            got += await asyncio.get_running_loop().sock_recv(theirs, 100_000)
    assert got == wanted
    theirs.close()
    await asyncio.wait_for(ended.wait(), PATIENCE)
    assert channel.closed


async def test_descriptors_arrive_with_their_line_and_are_closed_here() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, lambda _: None, lambda: None)
    mine, passed = socket.socketpair()
    channel.send(b"take this\n", passed)
    line, (fd,), _, _ = socket.recv_fds(theirs, 100, 1)
    assert line == b"take this\n"
    assert passed.fileno() == -1
    with mine, socket.socket(fileno=fd) as received:
        received.sendall(b"here")
        assert mine.recv(10) == b"here"
    channel.close()
    with theirs:
        assert receive(theirs) == b""


async def test_after_the_end_nothing_is_sent_and_nothing_leaks() -> None:
    ours, theirs = socket.socketpair()
    ends = []
    channel = Channel(ours, lambda _: None, lambda: ends.append("end"))
    channel.close()
    channel.close()
    unwanted, passed = socket.socketpair()
    channel.send(b"too late\n", passed)
    assert passed.fileno() == -1
    assert ends == ["end"]
    unwanted.close()
    theirs.close()


async def test_a_line_cut_off_by_death_is_not_a_line() -> None:
    ours, theirs = socket.socketpair()
    lines: list[bytes] = []
    ended = asyncio.Event()
    Channel(ours, lines.append, ended.set)
    theirs.sendall(b"whole\nhal")
    theirs.close()
    await asyncio.wait_for(ended.wait(), PATIENCE)
    assert lines == [b"whole"]


def test_a_reset_reads_as_the_end() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"unread")
    with ours:
        ours.sendall(b"x")
        theirs.close()  # with bytes that it never read
        assert receive(ours) in {b"unread", b""}
        assert receive(ours) == b""
