"""Small worlds made by hand, for what is pure."""

from types import MappingProxyType

from sockviz.events import Header, Host, Segment
from sockviz.tcp.states import State
from sockviz.world.model import Connection, Endpoint, InFlight, Listener, Program, SystemCall, Wire, World

SERVER = "10.0.0.1:8001"
PID, FD = 100, 3
ALL = ("capture", "table", "calls", "hold", "counters")


def header(source="lab", capabilities=ALL, hidden=()):
    """The first line of a run."""
    hosts = (Host(name="client", addresses=("10.0.0.2",)), Host(name="server", addresses=("10.0.0.1",)))
    return Header(
        t=0, format=1, source=source, hosts=hosts, made_by="sockviz", kernel="Linux 6.18.44",
        capabilities=capabilities, hidden=hidden,
    )  # fmt: skip


def call(name, *, host="server", pid=PID, fd=FD, thread="main"):
    """A call that has not returned."""
    return SystemCall(1, host, pid, thread, name, fd, "", entered=0)


def program(host="server", pid=PID, name="server", *calls):
    """A process, blocked in `calls`."""
    return {(host, pid): Program(host, pid, name, calls=MappingProxyType({c.thread: c for c in calls}))}


def connection(number, client=State.ESTABLISHED, server=State.ESTABLISHED, *, fd=FD, accepted=None):
    """Connection `number`; the client holds `fd`, the server `accepted`."""
    remote = f"10.0.0.2:{40000 + number}"
    return Connection(
        number,
        Endpoint("client", remote, SERVER, client, pid=200 + number if fd else None, fd=fd),
        Endpoint(
            "server", SERVER, remote, server, pid=PID if accepted else None, fd=accepted,
            accepted=accepted is not None,
        ),
        listener=SERVER,
    )  # fmt: skip


def flight(number, flags="SYN", of=1, due=None, *, again=False):
    """A segment on the wire, held unless `due`."""
    segment = Segment(
        source="10.0.0.2:40001", destination=SERVER, flags=flags, seq=1, ack=0, window=1, length=0
    )
    return InFlight(number, "client", "server", segment, 0, due, connection=of, retransmission=again)


def world(*connections, flights=(), queue=(), mode="hold", programs=None, **more):
    """A lab with a listening server, unless `more` says otherwise."""
    more = {"header": header(), "settings": {"accept": "manual"}, **more}
    listener = Listener("server", SERVER, pid=PID, fd=FD, backlog=2, accept_queue=tuple(queue))
    return World(
        connections={one.id: one for one in connections},
        listeners=more.pop("listeners", {("server", SERVER): listener}),
        programs=programs if programs is not None else program(),
        wire=Wire(mode, more.pop("delay", 0), {one.id: one for one in flights}),
        **more,
    )
