"""What the operator may ask for, and how it is refused."""

import shutil
import socket
import subprocess
import sys

import pytest
from driver import BOUND, Engine

from sockviz import events, intents

pytestmark = pytest.mark.lab


@pytest.fixture
def engine(lab):
    with Engine(accept="manual") as running:
        running.event(events.ListenerSampled)
        yield running


def refused(engine: Engine, request: str) -> str:
    reason = engine.event(events.RequestRefused, request=request).reason
    assert reason[0].isupper()
    assert reason.endswith(".")
    return reason


@pytest.mark.parametrize(
    ("wish", "request_", "words"),
    [
        (intents.Release(), "release", "No segment is held"),
        (intents.Release(id=7), "release", "not on the wire"),
        (intents.Release(all=True), "release", "No segment is held"),
        (intents.Drop(), "drop", "No segment is on the wire"),
        (intents.Wire(delay=-1), "wire", "0 to 60 seconds"),
        (intents.Wire(delay=10**12), "wire", "0 to 60 seconds"),
        (intents.SetBacklog(backlog=-1), "set_backlog", "0 to 2147483647"),
        (intents.Connect(count=0), "connect", "1 to 256"),
        (intents.Connect(count=10_000), "connect", "1 to 256"),
        (intents.Open(), "open", "listens already"),
        (intents.Call(host="server", pid=1, name="accept"), "accept", "no program 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_done_is_refused_with_a_sentence(engine, wish, request_, words):
    engine.send(wish)
    assert words in refused(engine, request_)


@pytest.mark.skipif(not shutil.which("prlimit"), reason="there is no prlimit")
def test_more_clients_than_there_are_descriptors_are_refused_and_the_others_stay(lab):
    with Engine(prefix=["prlimit", "--nofile=30"], accept="manual", mode="hold") as engine:
        engine.event(events.ListenerSampled)
        engine.send(intents.Connect(count=30))
        assert "No more files may be opened (allow more: `ulimit -n 1024`)." in refused(engine, "connect")
        engine.send(intents.Release())
        engine.event(events.SegmentReleased)


def test_what_is_no_intent_is_refused(engine):
    engine.process.stdin.write(b'{"intent": "fly"}\nnot json\n')
    engine.process.stdin.flush()
    engine.until(lambda: len(list(engine.every(events.RequestRefused, request="?"))) == 2)
    engine.send(intents.Mark(text="alive"))
    engine.event(events.Marked)


def test_a_call_on_a_descriptor_that_is_not_there_is_refused(engine):
    engine.call("server", "recv", 99)
    assert "99" in refused(engine, "recv")


def test_accept_is_made_by_hand_only_where_it_is_manual(engine):
    engine.call("server", "accept")
    engine.event(events.CallEntered, name="accept")
    engine.call("server", "accept")
    assert "accept() already" in refused(engine, "accept")
    mark = engine.mark()
    engine.send(intents.SetAccept(mode="never"))
    assert engine.returned("accept", mark).error == "EINTR"
    mark = engine.mark()
    engine.call("server", "accept")
    assert "set to never" in engine.event(events.RequestRefused, mark, request="accept").reason


def test_a_closed_listener_takes_no_backlog_and_no_accept(engine):
    engine.call("server", "close", 3)
    engine.returned("close")
    engine.send(intents.SetBacklog(backlog=4))
    assert "no listening socket" in refused(engine, "set_backlog")
    engine.call("server", "accept")
    assert "no listening socket" in refused(engine, "accept")


def test_the_wire_is_told_as_it_is_set(engine):
    assert engine.event(events.WireChanged) == events.WireChanged(
        t=engine.event(events.WireChanged).t, mode="flow", delay=0
    )
    engine.send(intents.Wire(mode="hold", delay=5_000_000))
    changed = engine.event(events.WireChanged, mode="hold")
    assert changed.delay == 5_000_000
    engine.send(intents.Wire(delay=7_000_000))
    assert engine.event(events.WireChanged, delay=7_000_000).mode == "hold"


def test_a_client_that_has_closed_its_socket_ends(engine):
    engine.send(intents.Connect())
    engine.returned("connect")
    engine.call("client 1", "close", 3)
    ended = engine.event(events.ProgramEnded)
    assert (ended.pid, ended.status) == (engine.program("client 1").pid, 0)


def test_the_header_is_first_and_tells_what_the_hosts_are(engine):
    header = engine.events[0]
    assert isinstance(header, events.Header)
    assert (header.source, header.t) == ("lab", 0)
    assert {host.name: host.addresses for host in header.hosts} == {
        "client": ("10.0.0.2", "fd00::2"),
        "server": ("10.0.0.1", "fd00::1"),
    }
    assert header.kernel.startswith("Linux ")
    assert {"net.core.somaxconn", "net.ipv4.tcp_syncookies"} <= set(header.sysctls)
    names = [type(event).__name__ for event in engine.events[1:5]]
    assert names == ["WireChanged", "SettingChanged", "ProgramStarted", "CallEntered"]
    calls = [event.name for event in engine.every(events.CallEntered)]
    assert calls[:4] == ["socket", "setsockopt", "bind", "listen"]


def test_a_wrong_setup_is_a_failure_and_no_traceback():
    for arguments in ([], ["nonsense"], ['{"source": "moon"}'], ["{}", "{}"], ['{"port": 0}']):
        done = subprocess.run(
            [sys.executable, "-m", "sockviz.engine", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=BOUND,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.count(b"\n") == 1
        assert b'"kind":"usage"' in done.stderr


def test_a_reader_that_goes_away_ends_the_run(lab):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "sockviz.engine", "{}"], stdin=subprocess.PIPE, stdout=theirs
        )
        theirs.close()
        ours.recv(1)
        ours.close()
        process.stdin.write(intents.encode(intents.Connect(count=3)))
        process.stdin.flush()
        assert process.wait(BOUND) == 0
        process.stdin.close()
