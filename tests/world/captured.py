"""A capture, segment by segment, as the fold is given it."""

from collections.abc import Iterable

from sockviz import events
from sockviz.tcp.states import State
from sockviz.world.fold import advance
from sockviz.world.model import Arrow, Connection, Narration, Provenance, Transition, World

CLIENT, SERVER = "10.0.0.2:40000", "10.0.0.1:80"
MS = 1_000_000
C, S = 1000, 5000
"""Initial sequence numbers."""


class Capture:
    """Segments as a capture has them; each move is a method."""

    def __init__(self) -> None:
        hosts = tuple(events.Host(name=name, addresses=()) for name in ("client", "server"))
        header = events.Header(
            t=0, format=1, source="pcap", hosts=hosts, made_by="test", capabilities=("capture",)
        )
        self.events: list[events.AnyEvent] = [header]
        self.t = 0

    def sends(
        self,
        host: str,
        flags: str,
        seq: int,
        ack: int = 0,
        length: int = 0,
        *,
        after: int = MS,
        port: int = 40000,
    ) -> "Capture":
        self.t += after
        client = CLIENT.replace("40000", str(port))
        local, remote = (client, SERVER) if host == "client" else (SERVER, client)
        self.events.append(
            events.SegmentCaptured(
                t=self.t,
                id=len(self.events),
                sender=host,
                receiver="server" if host == "client" else "client",
                segment=events.Segment(
                    source=local,
                    destination=remote,
                    flags=flags,
                    seq=seq,
                    ack=ack,
                    window=64240,
                    length=length,
                ),
            )
        )
        return self

    def c(self, flags: str, seq: int, ack: int = 0, length: int = 0, **more: int) -> "Capture":
        return self.sends("client", flags, seq, ack, length, **more)

    def s(self, flags: str, seq: int, ack: int = 0, length: int = 0, **more: int) -> "Capture":
        return self.sends("server", flags, seq, ack, length, **more)

    def shakes_hands(self) -> "Capture":
        return self.c("SYN", C).s("SYN|ACK", S, C + 1).c("ACK", C + 1, S + 1)

    def folded(self) -> tuple[World, list]:
        world, facts = advance(World(), self.events)
        one = World()
        piecemeal = []
        for event in self.events:
            one, more = advance(one, (event,))
            piecemeal += more
        assert (world, facts) == (one, piecemeal)
        return world, facts

    @property
    def connections(self) -> list[Connection]:
        return list(self.folded()[0].connections.values())

    def went(self) -> dict[str, list[str]]:
        """The states that each end of the only connection went through."""
        (connection,) = self.connections
        return {end.host: ways(end.history) for end in (connection.client, connection.server)}

    def states(self) -> tuple[State, State]:
        """Of the client's and the server's end of the last connection."""
        last = self.connections[-1]
        return last.client.state, last.server.state

    def arrows(self) -> list[Arrow]:
        """As they are known in the end."""
        return list({fact.id: fact for fact in self.folded()[1] if isinstance(fact, Arrow)}.values())

    def told(self) -> str:
        return "\n".join(fact.text for fact in self.folded()[1] if isinstance(fact, Narration))


def ways(history: Iterable[Transition]) -> list[str]:
    assert all(transition.provenance is Provenance.INFERRED for transition in history)
    return [transition.after.value for transition in history]
