"""Toy programs against the live kernel, on loopback."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from ensemble import PATIENCE, Stage, free_port, order, staged

from sockviz.events import CallEntered, CallReturned, ProgramEnded
from sockviz.programs.host import ProgramHandle, RefusedError


def names(stage: Stage, program: ProgramHandle) -> list[tuple[str, str, int | None, str]]:
    entered = stage.recorder.of(CallEntered, pid=program.pid)
    return [(event.thread, event.name, event.fd, event.args) for event in entered]


async def test_a_listener_is_made_by_its_own_visible_calls(stage: Stage) -> None:
    server = await stage.listener(backlog=5)
    assert names(stage, server) == [
        ("main", "socket", None, "AF_INET, SOCK_STREAM"),
        ("main", "setsockopt", 3, "SOL_SOCKET, SO_REUSEADDR, [1]"),
        ("main", "bind", 3, stage.address),
        ("main", "listen", 3, "backlog=5"),
    ]
    bound = stage.recorder.of(CallReturned, pid=server.pid)[2]
    assert (bound.result, bound.error, bound.local, bound.remote) == (0, None, stage.address, None)


async def test_each_call_is_entered_before_it_returns_and_both_carry_one_number(stage: Stage) -> None:
    server, client = await stage.pair()
    entered = {event.call: event for event in stage.recorder.of(CallEntered)}
    returned = {event.call: event for event in stage.recorder.of(CallReturned)}
    assert entered.keys() == returned.keys()
    assert len(entered) == len(stage.recorder.of(CallEntered))
    assert all(entered[call].t < returned[call].t for call in entered)
    assert {event.host for event in entered.values() if event.pid == server.pid} == {"server"}
    assert {event.host for event in entered.values() if event.pid == client.pid} == {"client"}


async def test_connect_and_accept_tell_both_addresses(stage: Stage) -> None:
    server, client = await stage.pair()
    (connect,) = stage.recorder.of(CallEntered, pid=client.pid, name="connect")
    connected = await stage.recorder.wait(CallReturned, call=connect.call)
    (accept,) = stage.recorder.of(CallEntered, pid=server.pid, name="accept")
    accepted = await stage.recorder.wait(CallReturned, call=accept.call)
    assert connected.remote == accepted.local == stage.address
    assert connected.local == accepted.remote
    assert connected.local.startswith("127.0.0.1:")


async def test_bytes_go_both_ways_and_end_of_stream_is_zero_bytes(stage: Stage) -> None:
    server, client = await stage.pair()
    sent = await stage.call(client, "send", fd=3, data=b"x" * 100)
    assert (sent.result, sent.data) == (100, b"x" * 64)
    assert (await stage.call(server, "recv", fd=4)).result == 100
    assert (await stage.call(server, "send", fd=4, data=b"hello")).data == b"hello"
    assert (await stage.call(client, "recv", fd=3, size=2)).data == b"he"
    await stage.call(client, "shutdown", fd=3)
    end = await stage.call(server, "recv", fd=4)
    assert (end.result, end.error, end.data) == (0, None, b"")
    threads = {
        event.thread for event in stage.recorder.of(CallEntered) if event.name in {"send", "recv", "shutdown"}
    }
    assert threads == {"fd 3", "fd 4"}
    (shutdown,) = stage.recorder.of(CallEntered, name="shutdown")
    assert shutdown.args == "SHUT_WR"


async def test_abort_resets_the_connection(stage: Stage) -> None:
    server, client = await stage.pair()
    await stage.call(client, "abort", fd=3)
    assert [name for _, name, fd, _ in names(stage, client)][-2:] == ["setsockopt", "close"]
    reset = await stage.call(server, "recv", fd=4)
    assert (reset.result, reset.error) == (-1, "ECONNRESET")
    assert (await stage.call(server, "send", fd=4, data=b"x")).error == "EPIPE"


async def test_connect_to_a_port_without_a_listener_is_refused(stage: Stage) -> None:
    client = await stage.host.spawn("client 1")
    await stage.call(client, "socket")
    refused = await stage.call(client, "connect")
    assert (refused.result, refused.error, refused.remote) == (-1, "ECONNREFUSED", None)


@pytest.mark.parametrize("how", ["close", "abort", "interrupt"])
async def test_a_blocked_accept_is_interrupted(stage: Stage, how: str) -> None:
    server = await stage.listener()
    blocked = server.call(order("accept", fd=3))
    await stage.recorder.wait(CallEntered, name="accept")
    last = await stage.call(server, how, fd=3)
    accepted = await blocked
    assert (accepted.result, accepted.error, accepted.remote) == (-1, "EINTR", None)
    if how == "interrupt":
        assert last == accepted
    else:
        assert accepted.t < stage.recorder.of(CallEntered, pid=server.pid)[-1].t
        assert last.error is None


async def test_a_blocked_recv_is_interrupted_and_then_closed_by_its_own_thread(stage: Stage) -> None:
    server, client = await stage.pair()
    blocked = server.call(order("recv", fd=4))
    await stage.recorder.wait(CallEntered, name="recv")
    await stage.call(server, "close", fd=4)
    assert (await blocked).error == "EINTR"
    assert names(stage, server)[-1] == ("fd 4", "close", 4, "")
    assert (await stage.call(client, "recv", fd=3)).result == 0


async def test_a_blocked_connect_is_interrupted(stage: Stage) -> None:
    await stage.listener(backlog=0)
    await stage.client(1)  # fills the accept queue: the next SYN is dropped
    client = await stage.host.spawn("client 2")
    await stage.call(client, "socket")
    blocked = client.call(order("connect", fd=3))
    await stage.sample_until(
        lambda sample: any(row.state == "SYN_SENT" for look in sample.sockets for row in look.changed)
    )
    await stage.call(client, "close", fd=3)
    interrupted = await blocked
    assert (interrupted.error, interrupted.remote) == ("EINTR", None)
    assert interrupted.local is not None  # the kernel has chosen the port, though nobody has answered


async def test_an_interrupt_may_come_at_any_moment(stage: Stage) -> None:
    """Also before the call is entered: it must neither be lost nor hit the next call."""
    server, client = await stage.pair()
    for _ in range(100):
        blocked = server.call(order("recv", fd=4))
        ended = server.call(order("interrupt", fd=4))
        try:
            interrupted = await asyncio.wait_for(ended, PATIENCE)
        except RefusedError:  # the thread had not taken the order yet
            await stage.call(client, "send", fd=3, data=b"x")
            assert (await asyncio.wait_for(blocked, PATIENCE)).result == 1
        else:
            assert interrupted == await blocked
            assert interrupted.error == "EINTR"
    await stage.call(client, "send", fd=3, data=b"still there")
    assert (await stage.call(server, "recv", fd=4)).data == b"still there"


async def test_one_blocked_call_does_not_stop_the_others(stage: Stage) -> None:
    server, client = await stage.pair()
    accepting = server.call(order("accept", fd=3))
    receiving = server.call(order("recv", fd=4))
    await stage.recorder.wait(CallEntered, name="recv")
    other = await stage.client(2)
    assert (await accepting).result == 5
    await stage.call(other, "send", fd=3, data=b"from the second")
    assert (await stage.call(server, "recv", fd=5)).data == b"from the second"
    await stage.call(client, "send", fd=3, data=b"from the first")
    assert (await receiving).data == b"from the first"


async def test_the_backlog_changes_while_accept_is_blocked(stage: Stage) -> None:
    server = await stage.listener(backlog=1)
    accepting = server.call(order("accept", fd=3))
    await stage.recorder.wait(CallEntered, name="accept")
    assert (await stage.call(server, "listen", fd=3, backlog=7)).error is None
    look = await server.listener_status()
    assert look
    assert [queue.limit for queue in look.queues] == [7]
    assert names(stage, server)[-1] == ("fd 3", "listen", 3, "backlog=7")
    assert not accepting.done()
    await stage.client()
    assert (await accepting).result == 4


async def test_the_queue_of_a_listener_is_told_until_it_is_full(stage: Stage) -> None:
    server = await stage.listener(backlog=1)
    found = []
    for number in (1, 2):
        await stage.client(number)
        look = await server.listener_status()
        assert look
        found.append([(queue.fd, queue.local, queue.depth, queue.limit) for queue in look.queues])
    assert found == [[(3, stage.address, depth, 1)] for depth in (1, 2)]


async def test_orders_wait_for_no_answer(stage: Stage) -> None:
    await stage.listener()
    client = await stage.host.spawn("client 1")
    opened, connected = client.call(order("socket")), client.call(order("connect"))
    assert (await opened).result == 3
    assert (await connected).error is None


async def test_a_closed_listener_can_be_opened_again(stage: Stage) -> None:
    server, _ = await stage.pair()
    assert (await stage.call(server, "close", fd=3)).error is None
    for name in ("socket", "bind", "listen"):
        returned = await stage.call(server, name)
    assert returned.error is None
    assert [event.fd for event in stage.recorder.of(CallEntered, name="listen")] == [3, 3]
    assert (await stage.client(2)).pid


async def test_what_waits_behind_a_blocked_call_is_not_made_on_a_closed_descriptor(stage: Stage) -> None:
    server, _ = await stage.pair()
    first, second = (server.call(order("recv", fd=4)) for _ in range(2))
    await stage.recorder.wait(CallEntered, name="recv")
    await stage.call(server, "close", fd=4)
    assert (await first).error == "EINTR"
    with pytest.raises(RefusedError, match="recv: descriptor 4 was closed first"):
        await second


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (order("recv", fd=9), "recv: this program has no descriptor 9"),
        (order("accept"), "accept: this program has no socket"),
        (order("close"), "close: this program has no socket"),
        (order("interrupt", fd=3), "interrupt: no call on descriptor 3 is blocked"),
        (order("connect", fd=3, address="nowhere"), "connect: 'nowhere' is no address"),
        (order("recv", fd=3, size=-1), "recv: the size must be"),
        (order("listen", fd=3, backlog=2**40), "listen: the backlog must fit"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_sentence(
    stage: Stage, call: object, reason: str
) -> None:
    server = await stage.host.spawn("server", "server")
    if getattr(call, "fd", None) == 3:
        await stage.call(server, "socket")
    with pytest.raises(RefusedError, match=reason):
        await server.call(call)  # type: ignore[arg-type]
    assert (await stage.call(server, "socket")).error is None  # and the program goes on


async def test_a_program_can_be_told_to_end(stage: Stage) -> None:
    _, client = await stage.pair()
    client.exit()
    ended = await stage.recorder.wait(ProgramEnded, pid=client.pid)
    assert (ended.host, ended.status) == ("client", 0)
    assert client.pid not in stage.host.programs
    with pytest.raises(RefusedError, match="client 1 has ended"):
        await client.call(order("socket"))


def descriptors(pid: int) -> dict[int, str]:
    return {int(path.name): str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}


def thread_names(pid: int) -> set[str]:
    return {(task / "comm").read_text().strip() for task in Path(f"/proc/{pid}/task").iterdir()}


async def test_a_program_has_no_descriptor_of_anybody_else(stage: Stage) -> None:
    server = await stage.listener()
    await stage.client()
    fds = descriptors(server.pid)
    listener, control = sorted(fd for fd in fds if fd > 2)
    assert listener == 3
    assert control > 100
    assert fds[0] == fds[1] == os.devnull


async def test_threads_and_process_have_names(stage: Stage) -> None:
    server, _ = await stage.pair()
    server.call(order("recv", fd=4))
    await stage.recorder.wait(CallEntered, name="recv")
    assert thread_names(server.pid) == {"fd 4", "main", "server"}


async def test_ipv6() -> None:
    try:
        port = free_port(socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    async with staged(f"[::1]:{port}") as stage:
        server, client = await stage.pair()
        assert names(stage, server)[0][3] == "AF_INET6, SOCK_STREAM"
        (accept,) = stage.recorder.of(CallEntered, pid=server.pid, name="accept")
        (accepted,) = stage.recorder.of(CallReturned, call=accept.call)
        assert accepted.local == f"[::1]:{port}"
        assert accepted.remote.startswith("[::1]:")
        look = (await stage.host.sample()).sockets
        rows = {(row.state, row.remote): row for each in look for row in each.changed}
        assert rows["LISTEN", "[::]:0"].pid == server.pid
        assert rows["ESTABLISHED", f"[::1]:{port}"].pid == client.pid
