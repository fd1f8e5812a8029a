"""One whole life of some connections: what to ask of the engine next. Pure: events and time in, intents out.

    listening ─▶ N clients connect ─▶ accept ─▶ a few bytes each way ─▶ client closes ─▶ client is seen in
               FIN_WAIT2 ─▶ server closes ─▶ quiet ─▶ listener closes ─▶ quiet ─▶ quit

With `--accept never` nothing is said: the clients stay until the time is up. However it goes, everything is
closed in the end: an end that does not come is not waited for longer than `PATIENCE`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, TypeAlias

from sockviz.events import (
    AnyEvent,
    CallEntered,
    CallReturned,
    ProgramEnded,
    SegmentDelivered,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
    SocketsSampled,
)
from sockviz.intents import Call, Connect, Intent, Quit, SetAccept
from sockviz.tcp.states import State

SECOND: Final = 1_000_000_000
Name: TypeAlias = Literal["accept", "send", "recv", "close"]

GREETING: Final = b"hello"
ANSWER: Final = b"welcome"
STALLED: Final = SECOND
"""Accepting by hand begins when all have connected, or when nobody got any further for this long, ns."""
PARTING: Final = SECOND
"""How long the server waits with its close() for the client to be seen in FIN_WAIT2, ns, on top of what the
wire's delay takes."""
STAY: Final = 3 * SECOND
"""How long clients that nobody accepts stay, if no duration is given, ns."""
PATIENCE: Final = 10 * SECOND
"""The longest wait for anything to happen, ns, on top of what the wire's delay takes."""
HURRY: Final = SECOND // 2
"""The same when the operator wants the end."""
QUIET: Final = SECOND // 5
"""Nothing on the wire for this long, ns: the last segment has been answered."""
_ACKNOWLEDGED: Final = frozenset({State.FIN_WAIT2, State.TIME_WAIT})
"""States in the table that say that an end's FIN was acknowledged."""


class Phase(Enum):
    """Where in its life the run is."""

    STARTING = auto()
    LIVING = auto()
    RESTING = auto()
    """All connections are closed; their last segments are on their way."""
    CLOSING = auto()
    """The clients close."""
    FOLLOWING = auto()
    """The server closes what the clients have closed."""
    ENDING = auto()
    """The listener closes."""
    SETTLING = auto()
    """What the end has set off is on its way."""
    DONE = auto()


@dataclass(slots=True)
class Talk:
    """One client, and the server's end of its connection."""

    pid: int
    fd: int | None = None
    local: str | None = None
    tried: bool = False
    """Its connect() has returned."""
    accepted: int | None = None
    """The server's descriptor."""
    client_closed: bool = False
    acknowledged: bool = False
    """The client was seen in the table with its FIN acknowledged."""
    read_out: int | None = None
    """When the server read the client's end of stream, while it has not closed yet."""
    server_closed: bool = False

    @property
    def parted(self) -> bool:
        """The client has closed, and will not be seen in another state until the server closes too."""
        return self.client_closed and (self.acknowledged or self.local is None)

    @property
    def over(self) -> bool:
        """Nothing is left to close."""
        return self.client_closed and (self.accepted is None or self.server_closed)


class Life:
    """The scenario.

    Args:
        clients: how many connect.
        accept: `auto`: the engine accepts; `manual`: this does, when all have connected; `never`.
        delay: the wire's one-way delay, ns.
        duration: when closing begins at the latest, ns on the recording's clock.
    """

    def __init__(
        self,
        clients: int,
        accept: Literal["auto", "manual", "never"],
        *,
        delay: int = 0,
        duration: int | None = None,
    ) -> None:
        self.phase = Phase.STARTING
        self._clients = clients
        self._accept = accept
        self._delay = delay
        self._patience = PATIENCE + 4 * delay
        self._parting = PARTING + 4 * delay
        self._duration = duration
        self._server: int | None = None
        self._listener: int | None = None
        self._calls: dict[int, CallEntered] = {}
        self._talks: dict[int, Talk] = {}
        self._accepted: dict[str, int] = {}
        """The peer's address → the server's descriptor."""
        self._accepts = 0
        self._accepting = False
        self._began = 0
        """When the server began to listen."""
        self._in_flight: set[int] = set()
        self._moved = 0
        """When something last got further."""
        self._heard = 0
        """When the wire was last used."""

    @property
    def closing(self) -> bool:
        """The end has begun."""
        return self.phase.value >= Phase.CLOSING.value

    @property
    def done(self) -> bool:
        """`Quit` was asked for; nothing more will be."""
        return self.phase is Phase.DONE

    def receive(self, event: AnyEvent) -> list[Intent]:
        """What is to be asked for after `event`."""
        match event:
            case SegmentSent():
                self._in_flight.add(event.id)
                self._heard = event.t
            case SegmentReleased():
                self._heard = event.t
            case SegmentDelivered() | SegmentDropped():
                self._in_flight.discard(event.id)
                self._heard = event.t
            case CallEntered():
                self._calls[event.call] = event
            case CallReturned() if entered := self._calls.pop(event.call, None):
                self._moved = event.t
                return list(self._returned(entered, event))
            case SocketsSampled(host="client"):
                return list(self._sampled(event))
            case ProgramEnded():
                return list(self._ended(event))
            case _:
                pass
        return []

    def tick(self, t: int) -> list[Intent]:
        """What is to be asked for because it is `t`."""
        return list(self._ticked(t, stuck=t - self._moved >= self._patience))

    def _ticked(self, t: int, *, stuck: bool) -> Iterator[Intent]:
        match self.phase:
            case Phase.LIVING if self._time_is_up(t) or (stuck and self._accept != "never"):
                yield from self._close()
            case Phase.LIVING:
                yield from self._stalled(t)
            case Phase.RESTING if stuck or self._quiet(t):
                yield from self._end()
            case Phase.CLOSING if stuck or (self._all_closed and t - self._moved >= self._parting):
                yield from self._follow()
            case Phase.FOLLOWING if stuck:
                yield from self._end()
            case Phase.ENDING if stuck:
                self.phase = Phase.SETTLING
            case Phase.SETTLING if stuck or self._quiet(t):
                self.phase = Phase.DONE
                yield Quit()
            case _:
                pass

    def _stalled(self, t: int) -> Iterator[Intent]:
        """What is not waited for any longer."""
        if self._accept == "manual" and t - self._moved >= STALLED:
            yield from self._accept_next()
        for talk in self._talks.values():
            if talk.read_out is not None and t - talk.read_out >= self._parting:
                yield from self._answer_close(talk)

    def end(self, t: int) -> list[Intent]:
        """What is to be asked for because the operator wants the end."""
        self._moved = t
        self._patience = self._parting = HURRY + 4 * self._delay
        return [] if self.closing else list(self._close())

    def _time_is_up(self, t: int) -> bool:
        if self._duration is not None:
            return t >= self._duration
        if self._accept != "never":
            return False
        return t - self._began >= STAY or (self._all_tried and self._quiet(t))

    def _quiet(self, t: int) -> bool:
        return not self._in_flight and t - max(self._heard, self._moved) >= QUIET

    # what follows from a call that returned

    def _returned(self, entered: CallEntered, returned: CallReturned) -> Iterator[Intent]:
        if entered.host == "server":
            yield from self._server_returned(entered, returned)
        elif entered.name == "socket":
            self._talks[entered.pid] = Talk(entered.pid, returned.result)
        elif talk := self._talks.get(entered.pid):
            yield from self._client_returned(talk, entered.name, returned)

    def _server_returned(self, entered: CallEntered, returned: CallReturned) -> Iterator[Intent]:
        match entered.name:
            case "listen" if self.phase is Phase.STARTING and returned.error is None:
                self._server, self._listener = entered.pid, entered.fd
                self.phase, self._began = Phase.LIVING, returned.t
                yield from [Connect(count=self._clients)] if self._clients else self._close()
            case "accept":
                yield from self._server_accepted(returned)
            case "recv" if not self.closing and (talk := self._served_by(entered.fd)):
                if returned.result > 0:
                    yield self._client(talk, "recv")
                    yield self._at_server("send", entered.fd, ANSWER)
                else:
                    talk.read_out = returned.t
                    yield from self._answer_close(talk) if talk.acknowledged else ()
            case "close":
                yield from self._server_closed(entered.fd)
            case _:
                pass

    def _server_accepted(self, returned: CallReturned) -> Iterator[Intent]:
        self._accepting = False
        if returned.error is not None:
            return
        self._accepts += 1
        if self.closing:
            yield self._at_server("close", returned.result)
            return
        self._accepted[returned.remote or ""] = returned.result
        for talk in self._talks.values():
            yield from self._begin(talk)
        if self._accept == "manual":
            yield from self._accept_next()

    def _server_closed(self, fd: int | None) -> Iterator[Intent]:
        if fd == self._listener:
            self._listener = None
            self.phase = Phase.SETTLING
        elif talk := self._served_by(fd):
            talk.server_closed = True
            yield from self._next_phase()

    def _client_returned(self, talk: Talk, name: str, returned: CallReturned) -> Iterator[Intent]:
        match name:
            case "connect" if not self.closing:
                talk.tried = True
                talk.local = returned.local if returned.error is None else None
                if talk.local is None:
                    yield self._client(talk, "close")
                yield from self._begin(talk)
                if self._accept == "manual" and self._all_tried:
                    yield from self._accept_next()
            case "recv" if not self.closing:
                yield self._client(talk, "close")
            case "close":
                yield from self._client_closed(talk)
            case _:
                pass

    def _client_closed(self, talk: Talk) -> Iterator[Intent]:
        talk.client_closed = True
        if not self.closing and talk.accepted is not None:
            yield self._at_server("recv", talk.accepted)
        yield from self._next_phase()

    def _ended(self, ended: ProgramEnded) -> Iterator[Intent]:
        """Programs end when they have closed everything; another end is somebody else's doing."""
        if ended.host == "client" and (talk := self._talks.get(ended.pid)):
            yield from self._client_closed(talk) if not talk.client_closed else ()
        elif ended.host == "client":
            self._clients -= 1  # before it had a socket
            yield from self._next_phase()
        elif ended.pid == self._server:
            self._listener = None
            for talk in self._talks.values():
                talk.server_closed = True
            yield from () if self.closing else self._close()

    def _sampled(self, sampled: SocketsSampled) -> Iterator[Intent]:
        """The clients' table was read: who is in FIN_WAIT2 has its FIN acknowledged."""
        seen = {row.local for row in sampled.changed if row.state in _ACKNOWLEDGED}
        for talk in self._talks.values():
            if talk.local in seen and not talk.acknowledged:
                talk.acknowledged = True
                yield from self._answer_close(talk) if talk.read_out is not None else ()
        if seen:
            yield from self._next_phase()

    def _answer_close(self, talk: Talk) -> Iterator[Intent]:
        """The server closes too, once."""
        talk.read_out = None
        yield self._at_server("close", talk.accepted)

    def _begin(self, talk: Talk) -> Iterator[Intent]:
        """Talk, once both ends are known: the server waits for what the client says."""
        if self._accept == "never" or talk.accepted is not None or talk.local not in self._accepted:
            return
        talk.accepted = self._accepted[talk.local]
        yield self._at_server("recv", talk.accepted)
        yield self._client(talk, "send", GREETING)

    def _accept_next(self) -> Iterator[Intent]:
        """Call accept() for each client that has not failed, one after the other."""
        failed = sum(talk.tried and talk.local is None for talk in self._talks.values())
        if not self._accepting and self._accepts < self._clients - failed:
            self._accepting = True
            yield self._at_server("accept", self._listener)

    # the end, phase by phase

    def _next_phase(self) -> Iterator[Intent]:
        """Go on if everybody is ready for it."""
        talks = self._talks.values()
        if self.phase is Phase.LIVING and len(talks) == self._clients and all(talk.over for talk in talks):
            self.phase = Phase.RESTING
        elif self.phase is Phase.CLOSING and all(talk.parted for talk in talks):
            yield from self._follow()
        elif self.phase is Phase.FOLLOWING and all(talk.over for talk in talks):
            yield from self._end()

    def _close(self) -> Iterator[Intent]:
        self.phase = Phase.CLOSING
        for talk in self._talks.values():
            if not talk.client_closed:
                yield self._client(talk, "close")
        yield from self._next_phase()

    def _follow(self) -> Iterator[Intent]:
        self.phase = Phase.FOLLOWING
        for talk in self._talks.values():
            if talk.accepted is not None and not talk.server_closed:
                yield self._at_server("close", talk.accepted)
        yield from self._next_phase()

    def _end(self) -> Iterator[Intent]:
        self.phase = Phase.ENDING
        if self._accept == "auto":
            # Else the engine would go on accepting.
            yield SetAccept(mode="manual")
        if self._listener is None:
            self.phase = Phase.SETTLING
        else:
            yield self._at_server("close", self._listener)

    # the calls

    @property
    def _all_closed(self) -> bool:
        """By the clients."""
        return all(talk.client_closed for talk in self._talks.values())

    @property
    def _all_tried(self) -> bool:
        talks = self._talks.values()
        return len(talks) == self._clients and all(talk.tried for talk in talks)

    def _served_by(self, fd: int | None) -> Talk | None:
        """Whose server's end has this descriptor now; the number is used again after a close()."""
        open_talks = (talk for talk in self._talks.values() if not talk.server_closed)
        return next((talk for talk in open_talks if talk.accepted == fd and fd is not None), None)

    def _client(self, talk: Talk, name: Name, data: bytes = b"") -> Call:
        return Call(host="client", pid=talk.pid, name=name, fd=talk.fd, data=data)

    def _at_server(self, name: Name, fd: int | None, data: bytes = b"") -> Call:
        return Call(host="server", pid=self._server or 0, name=name, fd=fd, data=data)
