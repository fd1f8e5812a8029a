"""Builds views by hand, to draw them: what a fold of events would give, stated directly."""

from dataclasses import dataclass, field, replace

from sockviz.events import Header, Host, Segment, SocketRow
from sockviz.tcp.states import State
from sockviz.tui.view import Selection, StageView
from sockviz.world.model import (
    Arrow,
    Connection,
    Descriptor,
    Endpoint,
    InFlight,
    Listener,
    Narration,
    Program,
    Provenance,
    SystemCall,
    Transition,
    Wire,
    World,
)

MS = 1_000_000
S = 1_000 * MS
LISTENER = "10.0.0.1:8001"
DELAY = 400 * MS


def client_address(connection: int) -> str:
    return f"10.0.0.2:{44732 + 2 * connection}"


@dataclass
class Story:
    """Facts as they are told; `view(now)` is the picture of that moment."""

    source: str = "lab"
    mode: str = "flow"
    delay: int = DELAY
    arrows: list[Arrow] = field(default_factory=list)
    flying: dict[int, InFlight] = field(default_factory=dict)
    changes: list[Transition] = field(default_factory=list)
    ends: dict[tuple[str, int], Endpoint] = field(default_factory=dict)
    listener: Listener | None = field(
        default_factory=lambda: Listener("server", LISTENER, pid=11, fd=3, backlog=2, depth=0, limit=2)
    )
    calls: dict[tuple[str, int], list[SystemCall]] = field(default_factory=dict)
    tables: dict[str, dict[tuple[str, str], SocketRow]] = field(default_factory=dict)
    changed: dict[tuple[str, str, str], int] = field(default_factory=dict)
    descriptors: dict[tuple[str, int], list[Descriptor]] = field(default_factory=dict)
    caption: Narration | None = None
    ghosts: set[int] = field(default_factory=set)

    def end(self, host: str, connection: int) -> Endpoint:
        local, remote = client_address(connection), LISTENER
        if host == "server":
            local, remote = remote, local
        isn = 1000 if host == "client" else 5000
        return self.ends.setdefault((host, connection), Endpoint(host, local, remote, isn=isn))

    def send(
        self,
        t: int,
        connection: int,
        sender: str,
        flags: str,
        *,
        length: int = 0,
        seq: int = 0,
        ack: int = 0,
        **fate,
    ) -> int:
        """A segment; `fate`: what is known of an `Arrow` or an `InFlight`, or `held`."""
        me, peer = self.end(sender, connection), ("server" if sender == "client" else "client")
        isn, acked = (1000, 5000) if sender == "client" else (5000, 1000)
        segment = Segment(
            source=me.local, destination=me.remote, flags=flags, seq=isn + seq, ack=acked + ack, window=64240,
            length=length,
        )  # fmt: skip
        number = len(self.arrows) + 1
        known = {
            key: fate[key]
            for key in ("arrived", "dropped", "cause", "ignored", "retransmission")
            if key in fate
        }
        self.arrows.append(Arrow(number, connection, sender, peer, segment, t, **known))
        if not {"arrived", "dropped"} & set(fate):
            due = None if fate.get("held") else fate.get("due", t + self.delay)
            self.flying[number] = InFlight(
                number, sender, peer, segment, t, due, fate.get("released"), connection,
                fate.get("resent", 0), fate.get("retransmission", False),
            )  # fmt: skip
        return number

    def go(
        self, t: int, host: str, connection: int, state: State, *, inferred: bool = False, **known
    ) -> None:
        """An end changes its state."""
        end = self.end(host, connection)
        provenance = Provenance.INFERRED if inferred else Provenance.SAMPLED
        before = end.state
        if host == "server" and before is State.CLOSED and not end.history:
            before = State.LISTEN
        change = Transition(
            t, host, end.local, end.remote, before, state, provenance, connection, known.pop("why", "")
        )
        self.changes.append(change)
        row = known.pop("row", state)
        self.ends[host, connection] = replace(
            end, state=state, since=t, provenance=provenance, history=(*end.history, change), **known
        )
        self.row(host, connection, row, t)

    def row(self, host: str, connection: int, state: State, t: int, **known) -> None:
        """The kernel's table says so."""
        end = self.ends[host, connection]
        key = (end.local, end.remote)
        self.changed[host, *key] = t
        if state is State.CLOSED:
            self.tables.get(host, {}).pop(key, None)
            self.ends[host, connection] = replace(end, row=None)
            return
        row = SocketRow(state=state, local=end.local, remote=end.remote, pid=end.pid, fd=end.fd, **known)
        self.tables.setdefault(host, {})[key] = row
        self.ends[host, connection] = replace(end, row=row)

    def owns(self, host: str, connection: int, pid: int, fd: int, t: int = 0) -> None:
        """A program holds the descriptor."""
        end = self.end(host, connection)
        self.ends[host, connection] = replace(end, pid=pid, fd=fd, accepted=True)
        if end.row is not None:
            self.row(host, connection, State(end.row.state), t)
        self.descriptors.setdefault((host, pid), []).append(
            Descriptor(fd, "connected", connection, end.local, end.remote)
        )

    def call(self, t: int, host: str, pid: int, name: str, fd: int | None = None, **known) -> None:
        """A program calls; without `result` it is blocked."""
        calls = self.calls.setdefault((host, pid), [])
        thread = known.pop("thread", "main")
        calls[:] = [call for call in calls if call.thread != thread]
        returned = t if "result" in known else None
        calls.append(SystemCall(len(calls), host, pid, thread, name, fd, "", t, returned, **known))

    def listening(self, **known) -> None:
        assert self.listener is not None
        self.listener = replace(self.listener, **known)

    def world(self, now: int) -> World:
        ids = sorted(
            {connection for _, connection in self.ends} | {a.connection for a in self.arrows if a.connection}
        )
        connections = {
            i: Connection(i, self.end("client", i), self.end("server", i), LISTENER, ghost=i in self.ghosts)
            for i in ids
        }
        programs = {}
        if self.listener is not None:
            self.calls.setdefault(("server", 11), [])
            row = SocketRow(
                state="LISTEN", local=LISTENER, remote="0.0.0.0:0", pid=11, fd=3,
                recv_queue=self.listener.depth or 0, send_queue=self.listener.limit or 0,
            )  # fmt: skip
            self.tables.setdefault("server", {})[LISTENER, "0.0.0.0:0"] = row
        for (host, pid), calls in self.calls.items():
            held = {d.fd: d for d in self.descriptors.get((host, pid), ())}
            if host == "server" and self.listener is not None:
                held[3] = Descriptor(3, "listening", local=LISTENER)
            name = "server" if host == "server" else f"client {pid}"
            programs[host, pid] = Program(
                host, pid, name, descriptors=held, calls={c.thread: c for c in calls}
            )
        hosts = (Host(name="client", addresses=("10.0.0.2",)), Host(name="server", addresses=("10.0.0.1",)))
        return World(
            t=now,
            header=Header(
                t=0, format=1, source=self.source, hosts=hosts, made_by="sockviz", kernel="Linux 6.18"
            ),
            connections=connections,
            listeners={("server", LISTENER): self.listener} if self.listener else {},
            programs=programs,
            tables=self.tables,
            row_changed=self.changed,
            sampled={"client": now, "server": now},
            wire=Wire(self.mode, self.delay, self.flying),
            caption=self.caption,
        )

    def view(self, now: int, selection: Selection | None = None) -> StageView:
        return StageView(
            self.world(now), now, self.arrows, self.changes, selection or Selection(side="client")
        )

    def say(self, text: str, connection: int | None = None, weight: int = 1) -> None:
        self.caption = Narration(0, text, connection, weight)


def handshake(
    story: Story, connection: int, t: int, *, accepted: int | None = None, flight: int = DELAY
) -> int:
    """A whole handshake that began at `t`; `accepted`: the descriptor. Returns when it was over."""
    pid = 20 + connection
    a, b, c = t + flight, t + 2 * flight, t + 3 * flight
    story.go(t, "client", connection, State.SYN_SENT, why="connect() called", pid=pid, fd=3)
    story.send(t, connection, "client", "SYN", arrived=a)
    story.go(a, "server", connection, State.SYN_RECV, why="SYN received")
    story.send(a, connection, "server", "SYN|ACK", ack=1, arrived=b)
    story.go(b, "client", connection, State.ESTABLISHED, why="SYN-ACK received")
    story.send(b, connection, "client", "ACK", seq=1, ack=1, arrived=c)
    story.go(c, "server", connection, State.ESTABLISHED, why="ACK received")
    story.call(t, "client", pid, "connect", 3, result=0, connection=connection)
    if accepted is not None:
        story.owns("server", connection, 11, accepted, c)
    return c
