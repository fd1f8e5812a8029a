"""The user's own programs at full speed: what is exported is what the kernel's tracepoint saw."""

import sys

import pytest
from driver import Engine
from kernel import Tracer, expected

from sockviz import events, intents
from sockviz.export.states import states
from sockviz.intents import Command

pytestmark = pytest.mark.lab

SERVER = """
import socketserver
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
class Server(socketserver.{kind}MixIn, socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 50
Server(("", {port}), Handler).serve_forever()
"""
CLIENTS = """
import socket
for _ in range({count}):
    with socket.create_connection(("10.0.0.1", {port})) as one:
        one.sendall(b"hello\\n")
        one.recv(100)
left = [socket.create_connection(("10.0.0.1", {port})) for _ in range(4)]
left[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\\1\\0\\0\\0\\0\\0\\0\\0")
left[1].shutdown(socket.SHUT_WR)
left[1].recv(100)
"""


@pytest.mark.parametrize("trace", [True, False], ids=["strace", "proc"])
@pytest.mark.parametrize("kind", ["Threading", "Forking"])
def test_a_server_and_its_clients(lab: str, port: int, tmp_path, kind: str, *, trace: bool) -> None:
    server, client = tmp_path / "server.py", tmp_path / "client.py"
    server.write_text(SERVER.format(kind=kind, port=port))
    client.write_text(CLIENTS.format(count=30, port=port))
    commands = (
        Command(host="server", text=f"{sys.executable} {server}"),
        Command(host="client", text=f"{sys.executable} {client}"),
        Command(host="client", text=f"{sys.executable} {client}"),
    )
    with Tracer(port) as tracer, Engine(source="lab", commands=commands, trace=trace) as engine:
        for name in ("client 1", "client 2"):
            assert engine.event(events.ProgramEnded, pid=engine.program(name).pid).status == 0
        rows = engine.rows.values()
        over = {"TIME_WAIT", "LISTEN", "NONE"}
        engine.until(lambda: {row.state for host in rows for row in host.values()} <= over, "all closed")
        engine.send(intents.Signal(host="server", program="server", signal="SIGKILL"))
        engine.until(lambda: not [row for row in engine.rows["server"].values() if row.state == "LISTEN"])
        engine.send(intents.Quit())
        engine.event(events.Ended)
        assert engine.process.wait(15) == 0
        tracer.stop()
        exported = list(states(engine.events))
        # close() after shutdown() sets the state that the socket has: no transition.
        kernel = {
            ends: [step for step in steps if step[0] != step[1]] for ends, steps in tracer.sequences().items()
        }
        told = expected(exported)
        assert {ends: steps for ends, steps in told.items() if steps != kernel.get(ends)} == {}
        assert told.keys() == kernel.keys()
        assert sum(row["to"] == "SYN_SENT" for row in exported) >= 68
