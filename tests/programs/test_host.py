"""Host processes: how they start, what they sample, and that nothing of them is left."""

import asyncio
import contextlib
import ctypes
import errno
import fcntl
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from ensemble import PATIENCE, Recorder, Stage, free_port, order, staged

from sockviz.errors import UserError
from sockviz.events import CallEntered, CallReturned, ProgramEnded, ProgramStarted
from sockviz.programs.host import EndedError, HostLostError, HostSetup, RefusedError, Sample, start_host
from sockviz.sources.clock import Clock

CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


def enter_namespace() -> None:
    """A network namespace of our own, also for an ordinary user."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        raise UserError("no namespaces here", kind="no-lab")


def bring_loopback_up() -> None:
    with socket.socket() as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def children(pid: int) -> list[int]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


async def until_gone(pids: list[int]) -> None:
    """Zombies are gone too: whoever inherited them may take its time."""

    def left() -> list[int]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return [pid for pid in pids if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        return left()

    async with asyncio.timeout(PATIENCE):
        while pids := [pid for pid in pids if psutil.pid_exists(pid)]:
            if not left():
                return
            await asyncio.sleep(0.01)


def rows(sample: Sample, host: str) -> dict[tuple[str, str | None], list[object]]:
    """(state, remote) → pid, fd, inode known and not 0."""
    (look,) = (look for look in sample.sockets if look.host == host)
    return {(row.state, row.remote): [row.pid, row.fd, bool(row.inode)] for row in look.changed}


async def test_a_queued_connection_has_no_owner_until_it_is_accepted(stage: Stage) -> None:
    server = await stage.listener(backlog=2)
    client = await stage.client()
    (connect,) = stage.recorder.of(CallEntered, name="connect")
    (connected,) = stage.recorder.of(CallReturned, call=connect.call)
    before = await stage.host.sample()
    assert rows(before, "server") == {
        ("LISTEN", "0.0.0.0:0"): [server.pid, 3, True],
        ("ESTABLISHED", connected.local): [None, None, False],
    }
    assert rows(before, "client") == {("ESTABLISHED", stage.address): [client.pid, 3, True]}
    (listener,) = before.listeners
    assert (listener.local, listener.depth, listener.limit, listener.half_open) == (stage.address, 1, 2, 0)
    await stage.call(server, "accept", fd=3)
    after = await stage.host.sample()
    assert rows(after, "server")["ESTABLISHED", connected.local] == [server.pid, 4, True]
    assert [(listener.depth, listener.limit) for listener in after.listeners] == [(0, 2)]


async def test_a_sample_tells_only_what_changed(stage: Stage) -> None:
    server, client = await stage.pair()
    await stage.host.sample()
    same = await stage.host.sample()
    assert [(look.host, look.changed, look.gone) for look in same.sockets] == [
        ("client", (), ()),
        ("server", (), ()),
    ]
    assert same.listeners == ()
    assert all(look.began <= look.t for look in same.sockets)
    await stage.call(client, "send", fd=3, data=b"12345")
    queued = await stage.sample_until(lambda sample: any(look.changed for look in sample.sockets))
    (row,) = (row for look in queued.sockets for row in look.changed if look.host == "server")
    assert (row.recv_queue, row.pid, row.fd) == (5, server.pid, 4)
    await stage.call(client, "abort", fd=3)
    gone = await stage.sample_until(lambda sample: any(look.gone for look in sample.sockets))
    assert {key.remote for look in gone.sockets for key in look.gone} >= {stage.address}


async def test_a_full_accept_queue_is_counted(stage: Stage) -> None:
    await stage.listener(backlog=0)
    await stage.client(1)
    sample = await stage.host.sample()
    assert [(listener.depth, listener.limit) for listener in sample.listeners] == [(1, 0)]
    late = await stage.host.spawn("client 2")
    late.call(order("socket"))
    late.call(order("connect"))
    counted = await stage.sample_until(
        lambda sample: any(counter.name == "ListenOverflows" for counter in sample.counters)
    )
    (overflow,) = (counter for counter in counted.counters if counter.name == "ListenOverflows")
    assert overflow.host == "server"
    assert 1 <= overflow.by <= overflow.total


async def test_a_stopped_program_does_not_keep_the_sample(stage: Stage) -> None:
    server = await stage.listener(backlog=1)
    await stage.host.sample()
    os.kill(server.pid, signal.SIGSTOP)
    await stage.client()  # the kernel completes the handshake all the same
    stopped = await stage.host.sample()
    assert stopped.listeners == ()
    (listening,) = (row for look in stopped.sockets for row in look.changed if row.state == "LISTEN")
    assert (listening.recv_queue, listening.send_queue) == (1, 1)
    os.kill(server.pid, signal.SIGCONT)
    going = await stage.sample_until(lambda sample: bool(sample.listeners))
    assert [(listener.depth, listener.limit) for listener in going.listeners] == [(1, 1)]


async def test_many_clients(stage: Stage) -> None:
    server = await stage.listener(backlog=50)
    clients = await asyncio.gather(*(stage.client(number) for number in range(1, 51)))
    assert len({client.pid for client in clients}) == 50
    look = await server.listener_status()
    assert look
    assert [(queue.depth, queue.limit) for queue in look.queues] == [(50, 50)]
    numbers = [event.call for event in stage.recorder.of(CallEntered)]
    assert len(set(numbers)) == len(numbers) == 4 + 2 * 50
    sample = await stage.host.sample()
    assert sorted(len(look.changed) for look in sample.sockets) == [50, 51]


async def test_start_and_end_of_a_program_are_reported_in_their_place(stage: Stage) -> None:
    _, client = await stage.pair()
    os.kill(client.pid, signal.SIGKILL)
    ended = await stage.recorder.wait(ProgramEnded, pid=client.pid)
    assert (ended.host, ended.status) == ("client", -signal.SIGKILL)
    of_client = [event for event in stage.recorder.events if getattr(event, "pid", None) == client.pid]
    assert isinstance(of_client[0], ProgramStarted)
    assert of_client[-1] is ended
    assert [event.t for event in of_client] == sorted(event.t for event in of_client)
    with pytest.raises(RefusedError, match="client 1 has ended"):
        await client.call(order("recv", fd=3))
    assert not psutil.pid_exists(client.pid)  # reaped


async def test_a_program_that_dies_in_a_call_answers_no_more(stage: Stage) -> None:
    server = await stage.listener()
    blocked = server.call(order("accept", fd=3))
    await stage.recorder.wait(CallEntered, name="accept")
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(EndedError, match="server has ended"):
        await blocked
    await stage.recorder.wait(ProgramEnded, pid=server.pid)
    assert (await stage.host.sample()).listeners == ()


async def test_the_death_of_the_host_takes_its_programs_along() -> None:
    async with staged(f"127.0.0.1:{free_port()}") as stage:
        lost = asyncio.Event()
        stage.host.on_lost = lambda _: lost.set()
        server, _ = await stage.pair()
        blocked = server.call(order("accept", fd=3))
        pids = [stage.host.pid, *children(stage.host.pid)]
        assert len(pids) == 3
        os.kill(stage.host.pid, signal.SIGKILL)
        await asyncio.wait_for(lost.wait(), PATIENCE)
        await until_gone(pids)
        with pytest.raises(RefusedError):
            await blocked
        with pytest.raises(HostLostError, match="host client and server ended"):
            await stage.host.sample()
        with pytest.raises(HostLostError):
            await stage.host.spawn("client 2")
        assert {event.status for event in stage.recorder.of(ProgramEnded)} == {-signal.SIGKILL}


async def test_nothing_is_left_after_an_orderly_end() -> None:
    async with staged(f"127.0.0.1:{free_port()}") as stage:
        server = await stage.listener()
        server.call(order("accept", fd=3))
        await stage.client()
        pids = [stage.host.pid, *children(stage.host.pid)]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert [event.status for event in stage.recorder.of(ProgramEnded)] == [0, 0]


@pytest.mark.parametrize("victim", [signal.SIGKILL, signal.SIGTERM])
async def test_the_death_of_the_engine_takes_everything_along(victim: signal.Signals) -> None:
    """Here the engine is a process of its own, which says its host's and programs' pids."""
    program = f"""if True:
        import asyncio, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from ensemble import staged, free_port, order
        async def main():
            async with staged(f"127.0.0.1:{{free_port()}}") as stage:
                server = await stage.listener()
                server.call(order("accept", fd=3))
                client = await stage.client()
                print(stage.host.pid, server.pid, client.pid, flush=True)
                await asyncio.Event().wait()
        asyncio.run(main())
        """
    engine = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert engine.stdout
    pids = [int(word) for word in (await asyncio.wait_for(engine.stdout.readline(), PATIENCE)).split()]
    assert all(psutil.pid_exists(pid) for pid in pids)
    engine.send_signal(victim)
    await asyncio.wait_for(engine.wait(), PATIENCE)
    await until_gone(pids)


def _fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("stage_of", ["prepare", "configure"])
async def test_a_failure_in_the_host_is_told(stage_of: str) -> None:
    error = UserError("no such thing", "do that", "no-thing")
    with pytest.raises(UserError) as told:
        async with staged("127.0.0.1:1", **{stage_of: lambda: _fail(error)}):
            pytest.fail("it did not fail")
    assert (told.value.message, told.value.hint, told.value.kind) == ("no such thing", "do that", "no-thing")


async def test_another_failure_in_the_host_is_told_as_ours() -> None:
    with pytest.raises(UserError, match="OSError: broken") as told:
        async with staged("127.0.0.1:1", prepare=lambda: _fail(OSError("broken"))):
            pytest.fail("it did not fail")
    assert told.value.kind == "internal"


async def test_what_has_run_out_in_the_host_is_told_with_what_to_do() -> None:
    with pytest.raises(UserError, match="no more files may be opened") as told:
        async with staged("127.0.0.1:1", prepare=lambda: _fail(OSError(errno.EMFILE, "Too many"))):
            pytest.fail("it did not fail")
    assert (told.value.hint, told.value.kind) == ("allow more: `ulimit -n 1024`", "exhausted")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may start as many processes as it likes")
async def test_no_more_processes() -> None:
    address = f"127.0.0.1:{free_port()}"
    async with staged(address, prepare=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))) as stage:
        with pytest.raises(UserError, match="client 1 could not be started: Resource temporarily") as told:
            await stage.host.spawn("client 1")
        assert told.value.kind == "no-process"
        assert (await stage.host.sample()).sockets  # and the host goes on


async def test_a_host_that_hangs_is_ended() -> None:
    host = start_host(
        HostSetup(names=("client",), address="127.0.0.1:1", clock=Clock(), prepare=signal.pause), Recorder()
    )
    await host.close()
    assert not psutil.pid_exists(host.pid)


@pytest.mark.lab
async def test_a_host_in_a_namespace_of_its_own_sees_only_that() -> None:
    try:
        async with staged(
            "127.0.0.1:8001", names=("server",), prepare=enter_namespace, configure=bring_loopback_up
        ) as stage:
            server = await stage.listener(backlog=1)
            client = await stage.client()
            sample = await stage.host.sample()
            assert [
                (counter.name, counter.total) for counter in sample.counters if "Opens" in counter.name
            ] == [
                ("ActiveOpens", 1),
                ("PassiveOpens", 1),
            ]
            (look,) = sample.sockets
            assert sorted((row.state, row.pid or 0) for row in look.changed) == [
                ("ESTABLISHED", 0),
                ("ESTABLISHED", client.pid),
                ("LISTEN", server.pid),
            ]
    except UserError as error:
        if error.kind != "no-lab":
            raise
        pytest.skip(error.message)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed")
def test_all_of_this_as_an_ordinary_user() -> None:
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]
    files = [
        str(Path(__file__).parent / name) for name in ("test_host.py", "test_program.py", "test_datagrams.py")
    ]
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run([*nobody, *tests], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
