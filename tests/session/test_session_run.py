"""The engine's process, for real: its events, its end in every way, and what is left of it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from sockviz import events as ev
from sockviz.errors import UserError
from sockviz.events import AnyEvent
from sockviz.intents import Connect, Setup
from sockviz.recording.reader import read
from sockviz.recording.writer import Writer
from sockviz.session import engine
from sockviz.session.plan import Plan
from sockviz.session.run import Run


class Watched:
    """A run, its events so far, and a way to wait for something in them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.events: list[AnyEvent] = []
        self.batches = 0
        self.news = asyncio.Event()
        self.task = asyncio.create_task(run.carry(self.receive))

    def receive(self, events: "list[AnyEvent]") -> None:
        self.events += events
        self.batches += 1
        self.news.set()

    async def until(self, condition: Callable[[AnyEvent], bool]) -> None:
        async with asyncio.timeout(20):
            while not any(map(condition, self.events)):
                self.news.clear()
                waiting = asyncio.create_task(self.news.wait())
                await asyncio.wait([waiting, self.task], return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if self.task.done():
                    await self.task
                    break
        assert any(map(condition, self.events))

    async def until_listening(self) -> None:
        await self.until(lambda event: isinstance(event, ev.CallEntered) and event.name == "accept")


def accepted(event: AnyEvent) -> bool:
    return isinstance(event, ev.CallReturned) and event.remote is not None and event.host == "server"


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_from_the_header_to_the_end(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    pid = run.pid
    watched = Watched(run)
    await watched.until_listening()
    run.send(Connect(count=3))
    await watched.until(accepted)
    await run.close()
    await watched.task
    assert isinstance(watched.events[0], ev.Header)
    assert isinstance(watched.events[-1], ev.Ended)
    assert watched.batches < len(watched.events)
    times = [event.t for event in watched.events]
    assert times == sorted(times)
    assert run.ended
    assert run.failure is None
    assert not alive(pid)


async def test_what_is_asked_for_before_it_runs_is_not_lost(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    run.send(Connect())
    watched = Watched(run)
    await watched.until(accepted)
    await run.close()
    await watched.task


async def test_an_engine_that_dies_is_one_clear_line(setup: Setup, tmp_path: Path) -> None:
    recording = tmp_path / "r.jsonl"
    run = Run.start(Plan(setup=setup), Writer(recording))
    watched = Watched(run)
    await watched.until_listening()
    os.kill(run.pid, signal.SIGKILL)
    with pytest.raises(UserError, match="ended unexpectedly: Killed") as caught:
        await watched.task
    assert run.failure is caught.value
    run.send(Connect())
    await run.close()
    assert list(read(recording)) == watched.events


async def test_an_engine_that_hangs_is_killed(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.3)
    monkeypatch.setattr(engine, "go_on", lambda _: None)
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await watched.until_listening()
    pid = run.pid
    os.kill(pid, signal.SIGSTOP)
    await run.close()
    await watched.task
    assert not alive(pid)


async def test_an_engine_that_was_stopped_ends_in_order_all_the_same(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await watched.until_listening()
    os.kill(run.pid, signal.SIGSTOP)
    await run.close()
    await watched.task
    assert isinstance(watched.events[-1], ev.Ended)


async def test_an_engine_that_is_stopped_is_one_clear_line(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await watched.until_listening()
    os.kill(run.pid, signal.SIGSTOP)
    with pytest.raises(UserError, match=r"was stopped \(SIGSTOP\)"):
        await watched.task
    assert not alive(run.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_an_engine_that_somebody_else_ends_is_one_clear_line(
    setup: Setup, number: signal.Signals
) -> None:
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await watched.until_listening()
    os.kill(run.pid, number)
    with pytest.raises(UserError, match="was ended by SIG"):
        await watched.task
    assert isinstance(watched.events[-1], ev.Ended)
    assert not alive(run.pid)


async def test_a_run_that_has_not_begun_is_ended_at_once(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await asyncio.sleep(0)
    await run.close()
    await watched.task
    assert not watched.events
    assert not alive(run.pid)


async def test_a_run_that_is_cancelled_leaves_nothing(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))
    watched = Watched(run)
    await watched.until_listening()
    watched.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watched.task
    assert not alive(run.pid)


async def test_a_fault_in_the_view_ends_the_run_and_is_seen(setup: Setup) -> None:
    run = Run.start(Plan(setup=setup))

    def fail(_: object) -> None:
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        await run.carry(fail)
    assert not alive(run.pid)


def test_an_engine_that_never_ran_is_killed() -> None:
    run = Run.start(Plan())
    run.kill()
    run.kill()
    assert not alive(run.pid)


async def test_a_port_in_use_is_one_clear_line() -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        run = Run.start(Plan(setup=Setup(source="loopback", port=port)))
        with pytest.raises(UserError) as caught:
            await run.carry(lambda _: None)
    assert caught.value.kind == "port-in-use"
    assert str(port) in caught.value.message
    assert "--port" in caught.value.hint


PARENT = """
import asyncio, sys, msgspec
from sockviz.intents import Setup
from sockviz.session.plan import Plan
from sockviz.session.run import Run
run = Run.start(Plan(setup=msgspec.json.decode(sys.argv[1], type=Setup)))
print(run.pid, flush=True)
asyncio.run(run.carry(lambda events: print("event", flush=True)))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_engine_does_not_outlive_us(setup: Setup, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, msgspec.json.encode(setup).decode()],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "event\n"
        family = [child.pid for child in psutil.Process(pid).children(recursive=True)]
        parent.send_signal(number)
        parent.wait(10)
    wait_until(lambda: not any(map(alive, [pid, *family])))


class TestFallback:
    """Where user namespaces are forbidden, as some distributions do, there is no lab."""

    FORBID = 'cd /proc/sys/user && echo 0 > max_user_namespaces && echo 0 > max_net_namespaces && exec "$@"'

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        forbidden = ["unshare", "--user", "--map-root-user", "sh", "-c", self.FORBID, "sh"]
        if subprocess.run([*forbidden, "true"], check=False, capture_output=True).returncode:
            pytest.skip("can't make a place without user namespaces")
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
            port = str(server.getsockname()[1])
        command = [sys.executable, "-m", "sockviz", "--headless", "--port", port, *arguments]
        return subprocess.run([*forbidden, *command], check=False, capture_output=True, text=True, timeout=60)

    def test_loopback_replaces_the_lab_and_it_is_said_why(self) -> None:
        done = self.run()
        assert done.returncode == 0, done.stderr
        header = ev.decode(done.stdout.splitlines()[0])
        assert isinstance(header, ev.Header)
        assert header.source == "loopback"
        assert "no lab here, so this is loopback:" in done.stderr.splitlines()[0]
        assert "Traceback" not in done.stderr

    def test_but_not_if_the_lab_was_asked_for(self) -> None:
        done = self.run("--source", "lab")
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


def process_with_an_orphan(place: Path) -> subprocess.Popen[bytes]:
    """A stopped process whose child, of the pid in `place`, has its pipes and is not killed with it."""
    process = subprocess.Popen(
        ["sh", "-c", f"sleep 60 & echo $! > {place}; kill -STOP $$"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )
    wait_until(lambda: place.exists() and bool(place.read_text()))
    return process


async def test_an_engine_is_over_when_it_has_ended_whoever_still_holds_its_pipes(tmp_path: Path) -> None:
    orphan = tmp_path / "orphan"
    link = engine.EngineLink(process_with_an_orphan(orphan))
    try:
        async with asyncio.timeout(20):
            with pytest.raises(UserError, match=r"was stopped \(SIGSTOP\)"):
                await link.run(lambda _: None)
    finally:
        os.kill(int(orphan.read_text()), signal.SIGKILL)
