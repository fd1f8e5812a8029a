"""What `ss` says in a lab's host, and where the world says something else."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from sockviz import addresses
from sockviz.addresses import Address
from sockviz.tcp.states import State
from sockviz.world.model import World

_STATES = {
    "ESTAB": State.ESTABLISHED,
    "SYN-SENT": State.SYN_SENT,
    "SYN-RECV": State.SYN_RECV,
    "FIN-WAIT-1": State.FIN_WAIT1,
    "FIN-WAIT-2": State.FIN_WAIT2,
    "TIME-WAIT": State.TIME_WAIT,
    "CLOSE-WAIT": State.CLOSE_WAIT,
    "LAST-ACK": State.LAST_ACK,
    "CLOSING": State.CLOSING,
    "LISTEN": State.LISTEN,
}

Key = tuple[str, str]
"""Local and remote address."""


class Row(NamedTuple):
    """A line of `ss -tan`."""

    state: str
    recv_queue: int
    send_queue: int


class Disagreement(NamedTuple):
    """The kernel and we say different things of one socket."""

    host: str
    local: str
    remote: str
    kernel: str
    ours: str
    """Empty: there is no such socket."""
    what: str
    """`state` (of the world) or `row` (of the table)."""


def hosts(engine: int) -> dict[str, int]:
    """The lab's host processes below the engine's process: host → pid."""
    found, parents = {}, {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        parents[int(fields["Pid"])] = int(fields["PPid"])
        if fields["Name"].startswith("host "):
            found[int(fields["Pid"])] = fields["Name"].removeprefix("host ")

    def ours(pid: int) -> bool:
        while pid > 1 and pid != engine:
            pid = parents.get(pid, 0)
        return pid == engine

    return {name: pid for pid, name in found.items() if ours(pid)}


def ss(pid: int) -> dict[Key, Row]:
    """The TCP sockets in the network namespace of a process."""
    inside = ["nsenter", "--target", str(pid), "--user", "--preserve-credentials", "--net"]
    done = subprocess.run(
        [*inside, "ss", "-tanH", "--oneline"], capture_output=True, text=True, timeout=20, check=False
    )
    if done.returncode:
        raise OSError(done.stderr.strip() or "ss could not be run")
    rows = {}
    for line in done.stdout.splitlines():
        state, recv_queue, send_queue, local, remote, *_ = line.split()
        if state in _STATES:  # a socket that is only bound is in nobody's table
            key = _address(local), _address(remote)
            rows[key] = Row(_STATES[state].name, int(recv_queue), int(send_queue))
    return rows


def _address(text: str) -> str:
    ip, _, port = text.rpartition(":")
    ip = ip.strip("[]").partition("%")[0].replace("*", "0.0.0.0")
    return str(Address(ip, 0 if port == "*" else int(port)))


def disagreements(host: str, kernel: dict[Key, Row], world: World) -> set[Disagreement]:
    """Everything in which a host's kernel and the world differ at one moment."""
    ours = states(host, world)
    table = {
        key: Row(row.state, row.recv_queue, row.send_queue)
        for key, row in world.tables.get(host, {}).items()
        if row.state in State.__members__
    }
    found = set()
    for local, remote in kernel.keys() | ours.keys() | table.keys():
        row = kernel.get((local, remote))
        state = row.state if row else ""
        if state != ours.get((local, remote), ""):
            found.add(Disagreement(host, local, remote, state, ours.get((local, remote), ""), "state"))
        known = table.get((local, remote))
        if row != known:
            found.add(Disagreement(host, local, remote, _text(row), _text(known), "row"))
    return found


def _text(row: Row | None) -> str:
    return f"{row.state} {row.recv_queue} {row.send_queue}" if row else ""


def states(host: str, world: World) -> dict[Key, str]:
    """The sockets that a host has, according to the world."""
    found: dict[Key, str] = {}
    for connection in world.connections.values():
        for end in (connection.client, connection.server):
            spoofed = connection.spoofed and end is connection.client
            if end.host == host and end.state is not State.CLOSED and not spoofed:
                found[end.local, end.remote] = end.state.name
    for listener in world.listeners.values():
        if listener.host == host and listener.state is State.LISTEN:
            anywhere = "::" if addresses.parse(listener.local).ip.count(":") else "0.0.0.0"
            found[listener.local, str(Address(anywhere, 0))] = "LISTEN"
    return found
