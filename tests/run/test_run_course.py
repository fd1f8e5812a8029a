"""The programs of a first socket course, compiled and run: what is seen of them is what they do."""

import os
import pwd
import signal

import pytest
from driver import AsNobody
from stage import Lab, has

from sockviz import events, intents
from sockviz.tcp.states import State

pytestmark = pytest.mark.lab


def test_a_server_that_never_accepts(user, compiled, strace):
    """Its backlog is real, the kernel finishes handshakes, and clients think that they are connected."""
    server, client = f"{compiled}/never_accepts 8001", f"{compiled}/read_once 10.0.0.1 8001"
    with Lab(server, clients=(client,) * 3, prefix=user) as lab:
        queue = lab.until(lambda: next(lab.every(events.ListenerSampled, depth=3), None), "3 wait")
        assert (queue.local, queue.limit) == ("0.0.0.0:8001", 64)
        assert lab.called("listen").args == "backlog=64"
        assert lab.called("pause").host == "server"
        lab.until(lambda: len(list(lab.every(events.CallEntered, name="read", host="client"))) == 3)
        lab.agrees("server")
        lab.agrees("client")
        world = lab.world
        listener = world.listeners["server", "0.0.0.0:8001"]
        assert (listener.depth, listener.limit, listener.backlog) == (3, 64, 64)
        assert len(listener.accept_queue) == 3
        assert [one.server.accepted for one in world.connections.values()] == [False] * 3
        assert [one.client.fd for one in world.connections.values()] == [3] * 3
        started = {program.name: program for program in world.programs.values()}
        assert [call.name for call in started["server"].blocked] == ["pause"]
        assert [call.name for call in started["client 2"].blocked] == ["read"]
        assert started["client 2"].blocked[0].connection is not None


def test_an_echo_server_and_a_client_that_reads_once(user, compiled, strace):
    client = f"{compiled}/read_once 10.0.0.1 8001"
    with Lab(f"{compiled}/echo_server 8001", clients=(client,), prefix=user) as lab:
        lab.called("read", host="server")
        lab.called("read", host="client")
        reading = {one.host: one for one in lab.every(events.CallEntered, name="read")}
        assert reading["server"].args == "", "how much it asks for is seen when it returns"
        accepted = lab.returned("accept")
        assert accepted.local == "10.0.0.1:8001"
        assert accepted.remote.startswith("10.0.0.2:")
        lab.send(intents.Signal(host="client", program="client 1", signal="SIGINT"))
        assert lab.ended("client 1") == -signal.SIGINT
        lab.shows("server", "client gone")
        lab.until(
            lambda: all(
                one.closed or one.client.state is State.TIME_WAIT for one in lab.world.connections.values()
            )
        )


def test_a_chat_needs_both_keyboards(user, compiled, strace):
    if missing := has("nc"):
        pytest.skip(f"{missing} is not installed")
    with Lab(f"{compiled}/chat_server 8001", clients=("nc 10.0.0.1 8001",), prefix=user) as lab:
        lab.until(lambda: any("select" in one.name for one in lab.every(events.CallEntered, host="server")))
        lab.type("client 1", "hello server\n")
        lab.shows("server", "hello server")
        lab.type("server", "hello client\n")
        lab.shows("client 1", "hello client")
        assert lab.output("client 1").startswith("hello server\n"), "the terminal echoes what is typed"
        sent = lab.returned("write", host="server", result=13)
        assert sent.data == b"hello client\n"
        lab.type("client 1", "\x03")
        assert lab.ended("client 1") == -signal.SIGINT
        assert lab.ended("server") == 0


def test_a_port_that_is_in_use(user, compiled, strace):
    """The second one says so in its own words, in its call, and in its exit status."""
    with Lab(f"{compiled}/never_accepts 8001", prefix=user) as lab:
        lab.event(events.ListenerSampled, local="0.0.0.0:8001")
        lab.send(intents.Launch(host="server", command=f"{compiled}/never_accepts 8001"))
        assert lab.ended("server 2") == 1
        assert lab.returned("bind", error="EADDRINUSE").pid == lab.program("server 2").pid
        lab.shows("server 2", "bind: Address already in use")
        assert "ended with status 1" in lab.world.caption.text
        assert lab.world.listeners["server", "0.0.0.0:8001"].pid == lab.program("server").pid


def test_it_is_the_user_who_runs_them(user, compiled):
    """Number, home, directory, variables, terminal, files."""
    client = "id -u; echo $HOME $LESSON; pwd; tty; stty size; touch mine-$$; ls -ln mine-$$; rm mine-$$"
    setup = {"environment": {"LESSON": "sockets"}, "directory": "/tmp"}  # noqa: S108
    with Lab(f"{compiled}/never_accepts 8001", clients=(client,), prefix=user, **setup) as lab:
        assert lab.ended("client 1") == 0
        uid, home, directory, terminal, size, file = lab.output("client 1").splitlines()
        number = "65534" if user else str(os.geteuid())
        assert uid == number
        assert lab.program("client 1").user == pwd.getpwuid(int(number)).pw_name
        assert home.split()[-1] == "sockets"
        assert home.split()[0] == (AsNobody[-1].partition("=")[2] if user else os.environ.get("HOME"))
        assert directory == setup["directory"]
        assert terminal.startswith("/dev/")
        assert size == "24 80"
        assert file.split()[2] == number


def test_wire_and_programs_stand_still_together(lab, compiled, strace):
    """Held, the client's connect() blocks until its SYN-ACK is let go; typed and resized meanwhile."""
    client = f"{compiled}/read_once 10.0.0.1 8001"
    with Lab(f"{compiled}/echo_server 8001", clients=(client,), mode="hold") as held:
        held.sent("client", "SYN")
        connect = held.called("connect", args="10.0.0.1:8001")
        assert held.world.programs["client", connect.pid].blocked[0].name == "connect"
        held.until(lambda: held.world.connections[1].client.pid == connect.pid, "the SYN is that program's")
        held.send(intents.Release())
        held.sent("server", "SYN|ACK")
        held.until(lambda: held.states("server") == ["SYN_RECV"])
        held.agrees("server")
        assert not list(held.every(events.CallReturned, call=connect.call))
        held.send(intents.Release(), intents.Resize(host="client", program="client 1", columns=100, rows=30))
        assert held.returned("connect", result=0).remote == "10.0.0.1:8001"
        held.event(events.SignalReceived, signal="SIGWINCH")
