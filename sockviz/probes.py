"""`python -m sockviz.probes NAME`: tries one thing on this machine, for real; what came of it, as JSON.

Each probe runs in a process of its own, so that one that hangs, crashes or enters namespaces harms nothing
else. It returns a sentence's worth of what it found, or raises: `UserError` with the command that would help,
or OSError.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Final

from sockviz.errors import UserError

_BACKLOGS: Final = (0, 1, 2, 5)
_BOUND: Final = 2.0
"""Seconds that anything here is waited for."""


def lab() -> str:
    """A whole lab, set up and ended."""
    return _engine("lab")


def loopback() -> str:
    """The toy listener on this machine, on a free port."""
    return _engine("loopback")


def pid_namespace() -> str:
    """Whether the lab's processes have a PID namespace of their own: the death of its first ends them all."""
    from sockviz.lab import namespaces  # noqa: PLC0415 - each probe loads what it needs

    status = namespaces.enter()
    if status is not None:
        os._exit(status)
    if os.getpid() != 1:
        raise UserError("none with a /proc of its own", "run it outside a container, or with `--privileged`")
    return "a process that is killed takes all others with it"


def small_table() -> str:
    """Whether the lab's hosts can have a small hash table of sockets (Linux 6.1 and later)."""
    from sockviz.lab import kernel, namespaces  # noqa: PLC0415
    from sockviz.sources import sysctls  # noqa: PLC0415

    status = namespaces.enter()
    if status is not None:
        os._exit(status)
    sysctls.path("net.ipv4.tcp_child_ehash_entries").write_text("1024", encoding="ascii")
    kernel.unshare(kernel.CLONE_NEWNET)
    entries = sysctls.read(["net.ipv4.tcp_ehash_entries"]).get("net.ipv4.tcp_ehash_entries")
    if entries != "1024":
        raise UserError(f"the hosts' tables have {entries} entries")
    return "the hosts' tables have 1024 entries"


def capture() -> str:
    """A packet to ourselves, seen on `lo` as it leaves and as it arrives."""
    from sockviz.sources.capture import Capture  # noqa: PLC0415

    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        closing(Capture("lo", server.getsockname()[1])) as packets,
    ):
        socket.create_connection(server.getsockname(), _BOUND).close()
        end = time.monotonic() + _BOUND
        ways: set[bool] = set()
        while ways != {True, False} and time.monotonic() < end:
            select.select([packets], [], [], _BOUND)
            ways |= {packet.outgoing for packet in packets.receive()}
    if ways != {True, False}:
        raise UserError("our own packets were not seen, or not both as they leave and as they arrive")
    return "packets are seen as they leave and as they arrive, to the nanosecond"


def table() -> str:
    """Our own listener with its process and descriptor in psutil's table."""
    from sockviz.sources.clock import Clock  # noqa: PLC0415
    from sockviz.sources.table import TableSampler  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        snapshot = TableSampler(Clock(), port=port).sample()
        ours = [row for row in snapshot.rows if row.state == "LISTEN"]
        if [(row.pid, row.fd) for row in ours] != [(os.getpid(), server.fileno())]:
            raise UserError(f"our own listener is not in it as it should be: {ours}")
    return f"read in {(snapshot.t - snapshot.began) / 1e6:.1f} ms"


def sock_diag() -> str:
    """Our own listener, asked from the kernel over netlink."""
    from sockviz.sources.sockdiag import SockDiag  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as server, SockDiag(server.getsockname()[1]) as diag:
        began = time.perf_counter_ns()
        rows = list(diag.rows())
        took = time.perf_counter_ns() - began
    if not rows:
        raise UserError("our own listener is not in it")
    return f"asked in {took / 1e6:.1f} ms"


def tcp_info() -> str:
    """The queue of a listener with one connection that nobody has accepted."""
    with socket.socket() as server, socket.socket() as client:
        _listen(server, 5)
        client.connect(server.getsockname())
        depth, limit = _queue(server)
    if (depth, limit) != (1, 5):
        raise UserError(f"the listener said depth {depth}, limit {limit} instead of 1 and 5")
    return "a listener tells depth and limit of its accept queue"


def counters() -> str:
    """The kernel's counters of dropped connections."""
    from sockviz.sources.counters import read  # noqa: PLC0415

    missing = {"ListenOverflows", "ListenDrops"} - read().keys()
    if missing:
        raise UserError(f"the netstat table of /proc has no {' and no '.join(sorted(missing))}")
    return "ListenOverflows, ListenDrops and their like can be read"


def strace() -> str:
    """A program whose calls are followed."""
    from sockviz.guests.tracing import why_not  # noqa: PLC0415

    if reason := why_not():
        installed = "not installed" not in reason
        hint = "allow ptrace (kernel.yama.ptrace_scope, seccomp)" if installed else "sudo apt install strace"
        raise UserError(reason, hint)
    return "calls can be followed"


def tracepoint() -> str:
    """Our own connection, as the tracepoint tells of it."""
    from sockviz.sources.clock import Clock  # noqa: PLC0415
    from sockviz.sources.watch.trace import Trace  # noqa: PLC0415

    with closing(Trace(Clock(), "server")) as trace, socket.create_server(("127.0.0.1", 0)) as server:
        trace.watch({server.getsockname()[1]})
        with socket.create_connection(server.getsockname(), _BOUND):
            end = time.monotonic() + _BOUND
            told: list[object] = []
            while not told and time.monotonic() < end:
                time.sleep(0.01)
                told += trace.read()
    if not told:
        raise UserError("our own connection was not told")
    return "each transition is told by the kernel"


def backlog() -> str:
    """How many connections listen(n) really queues, for a few n."""
    return _rule({n: _room(n) for n in _BACKLOGS}, "queues")


def syn_queue() -> str:
    """How many half-open connections listen(n) allows where there are no SYN cookies."""
    from sockviz.engine.limits import Probing  # noqa: PLC0415

    room = {
        limit.backlog: limit.capacity for limit in Probing(_BACKLOGS[-1]).result() if limit.queue == "syn"
    }
    if not room:
        raise UserError("it can't be measured without network namespaces")
    return _rule(room, "lets half open")


def _rule(room: dict[int, int], does: str) -> str:
    """`n + 1: listen(0) queues 1, listen(1) queues 2`."""
    measured = ", ".join(f"listen({n}) {does} {found}" for n, found in room.items())
    differences = {found - n for n, found in room.items()}
    rule = {frozenset({1}): "n + 1: ", frozenset({0}): "n: "}.get(frozenset(differences), "")
    return rule + measured


def _room(backlog: int) -> int:
    """Fill a listener's accept queue: connect more clients than it holds, and ask it how many it has."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        _listen(server, backlog)
        clients = [stack.enter_context(socket.socket()) for _ in range(backlog + 3)]
        for client in clients:
            client.settimeout(0)
            client.connect_ex(server.getsockname())
        select.select(
            [], clients[-1:], [], 0.1
        )  # on loopback the others are through, or dropped, long before
        return _queue(server)[0]


def _listen(server: socket.socket, backlog: int) -> None:
    server.bind(("127.0.0.1", 0))
    server.listen(backlog)


def _queue(server: socket.socket) -> tuple[int, int]:
    from sockviz.programs.calls import accept_queue  # noqa: PLC0415

    queue = accept_queue(server.fileno())
    if queue is None:
        raise UserError("a listener's TCP_INFO does not tell its queue")
    return queue


def _engine(source: str) -> str:
    """Start an engine, have it end at once, and see what it says about itself."""
    import msgspec  # noqa: PLC0415

    from sockviz import events  # noqa: PLC0415
    from sockviz.errors import Failure  # noqa: PLC0415
    from sockviz.intents import Setup  # noqa: PLC0415

    setup = Setup(source="lab") if source == "lab" else Setup(source="loopback", port=_free_port())
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own engine
        [sys.executable, "-m", "sockviz.engine", msgspec.json.encode(setup).decode()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.splitlines() or [b"{}"])[-1]
        try:
            failure = msgspec.json.decode(last, type=Failure)
        except msgspec.DecodeError:
            failure = Failure(f"the engine ended with status {done.returncode}")
        raise UserError(failure.message, failure.hint, failure.kind)
    header = events.decode(done.stdout.splitlines()[0])
    assert isinstance(header, events.Header)  # noqa: S101 - the format's first line
    return f"set up and ended in {time.perf_counter() - began:.1f} s"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


PROBES: Final[dict[str, Callable[[], str]]] = {
    probe.__name__: probe
    for probe in (
        lab, loopback, pid_namespace, small_table, capture, table, sock_diag, tcp_info, counters,
        tracepoint, backlog, syn_queue, strace,
    )
}  # fmt: skip


def main(name: str) -> None:
    """Write `{"ok": ..., "found": ..., "command": ...}`."""
    try:
        answer = {"ok": True, "found": PROBES[name]()}
    except UserError as error:
        answer = {"ok": False, "found": error.message, "command": error.hint}
    except OSError as error:
        answer = {"ok": False, "found": error.strerror or str(error)}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
