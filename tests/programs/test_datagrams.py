"""UDP sockets, socket options and calls in a row, of toy programs on loopback."""

import socket

import pytest
from ensemble import Stage, free_port, order

from sockviz.events import CallEntered, CallReturned, SocketRow
from sockviz.programs.host import ProgramHandle, RefusedError


async def udp(stage: Stage, program: ProgramHandle, port: int | None = None) -> None:
    """Give a program a UDP socket, descriptor 3, bound to `port`."""
    assert (await stage.call(program, "socket", kind="datagram")).result == 3
    if port is not None:
        assert (await stage.call(program, "bind", address=f"127.0.0.1:{port}", reuse=False)).error is None


async def test_datagrams_go_both_ways_without_any_connection(stage: Stage) -> None:
    server, client = await stage.host.spawn("server", "server"), await stage.host.spawn("client 1")
    port = free_port()
    await udp(stage, server, port)
    await udp(stage, client)
    waiting = server.call(order("recvfrom", fd=3))
    sent = await stage.call(client, "sendto", fd=3, data=b"hello", address=f"127.0.0.1:{port}")
    assert (sent.result, sent.data, sent.remote) == (5, b"hello", f"127.0.0.1:{port}")
    own = sent.local
    assert own is not None
    assert own.startswith("0.0.0.0:"), "sendto() gave it a port, and no address"
    received = await waiting
    peer = f"127.0.0.1:{own.rpartition(':')[2]}"
    assert (received.result, received.data, received.remote) == (5, b"hello", peer)
    await stage.call(server, "sendto", fd=3, data=b"back", address=peer)
    assert (await stage.call(client, "recvfrom", fd=3)).data == b"back"
    made = [(e.name, e.args) for e in stage.recorder.of(CallEntered, pid=client.pid)]
    assert made == [
        ("socket", "AF_INET, SOCK_DGRAM"),
        ("sendto", f"5 bytes, 127.0.0.1:{port}"),
        ("recvfrom", "up to 65536 bytes"),
    ]


async def test_many_datagrams_leave_with_one_call(stage: Stage) -> None:
    server, client = await stage.host.spawn("server", "server"), await stage.host.spawn("client 1")
    port = free_port()
    await udp(stage, server, port)
    await udp(stage, client)
    sent = await stage.call(
        client, "sendmmsg", fd=3, data=b"onetwothree", size=3, address=f"127.0.0.1:{port}"
    )
    assert (sent.result, sent.data, sent.remote) == (4, b"one", f"127.0.0.1:{port}")
    found = [(await stage.call(server, "recvfrom", fd=3)).data for _ in range(4)]
    assert found == [b"one", b"two", b"thr", b"ee"]
    (called,) = stage.recorder.of(CallEntered, pid=client.pid, name="sendmmsg")
    assert called.args == f"4 packets, 127.0.0.1:{port}"


async def test_what_of_a_datagram_is_longer_than_asked_for_is_lost(stage: Stage) -> None:
    server, client = await stage.host.spawn("server", "server"), await stage.host.spawn("client 1")
    port = free_port()
    await udp(stage, server, port)
    await udp(stage, client)
    for data in (b"12345", b"next"):
        await stage.call(client, "sendto", fd=3, data=data, address=f"127.0.0.1:{port}")
    assert (await stage.call(server, "recvfrom", fd=3, size=2)).data == b"12"
    assert (await stage.call(server, "recvfrom", fd=3, size=9)).data == b"next"


async def test_a_connected_socket_learns_that_nobody_has_the_port(stage: Stage) -> None:
    client = await stage.host.spawn("client 1")
    await udp(stage, client)
    nobody = f"127.0.0.1:{free_port(socket.AF_INET)}"
    connected = await stage.call(client, "connect", fd=3, address=nobody)
    assert (connected.error, connected.remote) == (None, nobody)
    assert (await stage.call(client, "send", fd=3, data=b"?")).error is None
    assert (await stage.call(client, "recv", fd=3)).error == "ECONNREFUSED"


async def test_udp_sockets_are_rows_of_the_table(stage: Stage) -> None:
    port = int(stage.address.rpartition(":")[2])
    server = await stage.listener()
    other = await stage.host.spawn("server 2", "server")
    await udp(stage, other, port)
    sample = await stage.sample_until(lambda s: any(look.changed for look in s.sockets))
    rows: dict[str, SocketRow] = {row.protocol: row for look in sample.sockets for row in look.changed}
    assert rows["tcp"].state == "LISTEN"
    assert (rows["udp"].state, rows["udp"].local, rows["udp"].remote) == ("NONE", stage.address, "0.0.0.0:0")
    assert (rows["udp"].pid, rows["udp"].fd) == (other.pid, 3)
    assert rows["tcp"].pid == server.pid
    await stage.call(other, "close", fd=3)
    sample = await stage.sample_until(lambda s: any(look.gone for look in s.sockets))
    (gone,) = (key for look in sample.sockets for key in look.gone)
    assert (gone.protocol, gone.local) == ("udp", stage.address)


async def test_calls_without_a_descriptor_are_made_in_their_order(stage: Stage) -> None:
    """Asked for all at once: each waits for the one before."""
    await stage.listener()
    client = await stage.host.spawn("client 1")
    row = [
        order("socket"),
        order("setsockopt", option="TCP_NODELAY"),
        order("bind", address=f"127.0.0.1:{(port := free_port())}"),
        order("connect"),
        order("send", data=b"hi"),
        order("close"),
    ]
    futures = [client.call(one) for one in row]
    assert [(await future).error for future in futures] == [None] * len(row)
    calls = [(e.name, e.thread) for e in stage.recorder.of(CallEntered, pid=client.pid)]
    assert calls == [
        ("socket", "main"),
        ("setsockopt", "main"),
        ("setsockopt", "main"),
        ("bind", "main"),
        ("connect", "main"),
        ("send", "main"),
        ("close", "main"),
    ]
    connected = [e for e in stage.recorder.of(CallReturned, pid=client.pid) if e.remote == stage.address]
    assert connected[0].local == f"127.0.0.1:{port}"
    with pytest.raises(RefusedError, match="has no socket"):
        await client.call(order("send", data=b"closed"))


@pytest.mark.parametrize(
    ("option", "value", "args"),
    [
        ("SO_REUSEADDR", 0, "SOL_SOCKET, SO_REUSEADDR, [0]"),
        ("SO_KEEPALIVE", 1, "SOL_SOCKET, SO_KEEPALIVE, [1]"),
        ("SO_LINGER", 5, "SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}"),
        ("SO_LINGER", -1, "SOL_SOCKET, SO_LINGER, {l_onoff=0, l_linger=0}"),
        ("TCP_KEEPIDLE", 7, "SOL_TCP, TCP_KEEPIDLE, [7]"),
        ("TCP_KEEPINTVL", 3, "SOL_TCP, TCP_KEEPINTVL, [3]"),
        ("TCP_KEEPCNT", 2, "SOL_TCP, TCP_KEEPCNT, [2]"),
        ("TCP_DEFER_ACCEPT", 5, "SOL_TCP, TCP_DEFER_ACCEPT, [5]"),
        ("TCP_NODELAY", 1, "SOL_TCP, TCP_NODELAY, [1]"),
    ],
)
async def test_options_are_set_by_visible_calls(stage: Stage, option: str, value: int, args: str) -> None:
    program = await stage.host.spawn("client 1")
    await stage.call(program, "socket")
    assert (await stage.call(program, "setsockopt", fd=3, option=option, value=value)).error is None
    (entered,) = stage.recorder.of(CallEntered, name="setsockopt")
    assert (entered.fd, entered.args) == (3, args)


async def test_bind_sets_so_reuseaddr_only_if_asked_to(stage: Stage) -> None:
    """A second socket on the port of a listener is refused either way."""
    await stage.listener()
    other = await stage.host.spawn("server 2", "server")
    for reuse, name in ((False, "bind"), (True, "setsockopt")):
        await stage.call(other, "socket")
        seen = len(stage.recorder.events)
        assert (await stage.call(other, "bind", reuse=reuse)).error == "EADDRINUSE"
        entered = [e.name for e in stage.recorder.events[seen:] if isinstance(e, CallEntered)]
        assert entered[0] == name


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (order("setsockopt"), "setsockopt: which option"),
        (order("setsockopt", option="SO_KEEPALIVE", value=2**40), "setsockopt: 1099511627776 does not fit"),
        (order("sendto", address="nowhere"), "sendto: 'nowhere' is no address"),
    ],
)
async def test_what_can_not_be_called_is_refused(stage: Stage, call: object, reason: str) -> None:
    program = await stage.host.spawn("client 1")
    await stage.call(program, "socket")
    with pytest.raises(RefusedError, match=reason):
        await program.call(call)  # type: ignore[arg-type]
