"""The one transition table of the eleven TCP states.

Theory of operation
===================

A state belongs to one *end* of a connection, never to the connection: at any moment the two ends may be,
and while segments are under way usually are, in different states. Each end is an automaton of its own. It
changes its state for one of four kinds of reasons (`Trigger`):

1. Its program made a *call*: listen(), connect(), close(), shutdown(), or an abortive close (SO_LINGER 0,
   unread data).
2. It *sent* a segment that says so. Sending is the proof of a change that happened inside the kernel: who
   has sent a FIN is past ESTABLISHED, whatever made it do so (a call, or the end of the process).
3. A segment *arrived*. That is the other side's news, and the weakest kind of evidence: a kernel may ignore
   what it is handed (a full queue, a number outside the window). Whoever infers from an arrival must be
   ready to take it back; `Edge.certain` says where.
4. *Time* ran out.

`EDGES` is figure 5 of RFC 9293 and what Linux adds to it, one line for each edge; `TABLE` finds an edge by
state and trigger, `path` the way between two states that were only seen at two moments. Nothing else in the
program knows which state follows which: the world, the state diagram and the documentation all read this
table. A trigger that has no edge in a state is *impossible* there: `step` leaves the state as it is and
says so. (An edge from a state to itself is not impossible: a retransmitted FIN is ordinary.)

Several things are not in one automaton, and so not in the table:

- **A listener never becomes a connection.** Figure 5 has one block going LISTEN → SYN_RECV → ESTABLISHED.
  In Linux the listening socket stays in LISTEN for ever; each SYN that it answers makes a *child*, whose
  first reported change is LISTEN → SYN_RECV. So does the table: `SEND_SYN_ACK` in LISTEN is about the
  child, and a SYN that merely arrives (`RECV_SYN`) changes nothing: the kernel may drop it, and only the
  SYN-ACK proves that it did not.
- **SYN_RECV is not a socket yet** but a small request; the socket is made by the ACK that ends the
  handshake. The kernel's tracepoint therefore reports both changes of the child at that moment. With a SYN
  cookie there is not even a request: the child comes into being when the ACK brings the cookie back
  (`RECV_COOKIE`).
- **A FIN that also acknowledges our FIN** takes FIN_WAIT1 to TIME_WAIT in the RFC's figure. Linux processes
  the ACK first and the FIN next: FIN_WAIT1 → FIN_WAIT2 → TIME_WAIT at one moment. The RFC's edge is in the
  table, marked `linux=False`, and never taken.
- **TIME_WAIT is no socket any more**: the tracepoint reports the socket's end (FIN_WAIT2 → CLOSE) and the
  table of sockets goes on showing a TIME_WAIT row for 60 s. Here it is a state like the others, as in the
  RFC.
- **Which segment acknowledges what** (our SYN, our FIN) is arithmetic of sequence numbers; the caller does
  it and comes with `RECV_ACK_OF_FIN`. A segment that does several things comes as several triggers, in the
  order of RFC 9293 §3.10.7: RST, SYN, ACK, FIN.
- **CLOSED** is "no socket". An end that lost its descriptor is not CLOSED, and an end that is CLOSED may
  still have one.

Names are the kernel's (include/net/tcp_states.h), as psutil and netstat print them.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import Final

from sockviz.tcp.state import State

__all__ = [
    "EDGES",
    "RECEIVES",
    "SENDS_NO_MORE",
    "TABLE",
    "Edge",
    "State",
    "Step",
    "Trigger",
    "path",
    "step",
]


class Trigger(StrEnum):
    """What may change a state; the value is how it is told."""

    LISTEN = "listen() called"
    CONNECT = "connect() called"
    CLOSE = "close() called"
    SHUTDOWN = "shutdown(WR) called"
    ABORT = "aborted"

    SEND_SYN = "SYN sent"
    SEND_SYN_ACK = "SYN received, SYN-ACK sent"
    SEND_FIN = "FIN sent"
    SEND_RST = "RST sent"

    RECV_SYN = "SYN received"
    RECV_SYN_ACK = "SYN-ACK received"
    RECV_ACK_OF_SYN = "ACK of the SYN received"
    RECV_COOKIE = "SYN cookie returned"
    RECV_FIN = "FIN received"
    RECV_ACK_OF_FIN = "ACK of the FIN received"
    RECV_FIN_AND_ACK = "FIN and ACK of the FIN received"
    RECV_RST = "RST received"

    TIME_WAIT_OVER = "TIME_WAIT is over"
    FIN_TIMEOUT = "no FIN came in time"
    GAVE_UP = "no answer after all retries"
    REPLACED = "a new connection with the same addresses"
    UNDER_WAY = "found under way"
    GONE = "gone from the socket table"
    SEEN = "seen in the socket table"


@dataclass(frozen=True, slots=True)
class Edge:
    """One transition of the table."""

    before: State
    trigger: Trigger
    after: State
    source: str
    """The paragraph or the kernel's function that says so."""
    certain: bool = True
    """The trigger proves the change; False: the kernel may have ignored what arrived."""
    linux: bool = True
    """False: the RFC has it, Linux does not do it."""

    @property
    def why(self) -> str:
        """The cause in a few words, e.g. `FIN received`."""
        return self.trigger.value


@dataclass(frozen=True, slots=True)
class Step:
    """What a trigger does in a state."""

    after: State
    edge: Edge | None
    """None: the trigger is impossible in that state, which stays as it was."""

    @property
    def possible(self) -> bool:
        """The table has an edge."""
        return self.edge is not None


_S, _T = State, Trigger
_OPENING = (_S.SYN_SENT, _S.SYN_RECV)
_SYNCHRONIZED = (
    _S.ESTABLISHED,
    _S.FIN_WAIT1,
    _S.FIN_WAIT2,
    _S.CLOSE_WAIT,
    _S.CLOSING,
    _S.LAST_ACK,
)
SENDS_NO_MORE: Final = frozenset({_S.FIN_WAIT1, _S.FIN_WAIT2, _S.CLOSING, _S.LAST_ACK, _S.TIME_WAIT})
"""States of an end that has sent, or is about to send, its FIN."""
RECEIVES: Final = frozenset({_S.ESTABLISHED, _S.FIN_WAIT1, _S.FIN_WAIT2})
"""States in which data and a FIN are taken in."""

_FIGURE: Final = "RFC 9293 figure 5"


def _edge(
    before: State, trigger: Trigger, after: State, source: str = _FIGURE, *, linux: bool = True
) -> Edge:
    certain = not trigger.name.startswith("RECV_") and (before, trigger) != (_S.LISTEN, _T.SEND_SYN_ACK)
    return Edge(before, trigger, after, source, certain, linux)


_RFC: Final = (
    _edge(_S.CLOSED, _T.LISTEN, _S.LISTEN),
    _edge(_S.CLOSED, _T.CONNECT, _S.SYN_SENT),
    _edge(_S.CLOSED, _T.SEND_SYN, _S.SYN_SENT),
    _edge(_S.LISTEN, _T.SEND_SYN_ACK, _S.SYN_RECV),
    _edge(_S.LISTEN, _T.CLOSE, _S.CLOSED),
    _edge(_S.LISTEN, _T.SEND_SYN, _S.SYN_SENT, linux=False),
    _edge(_S.SYN_SENT, _T.RECV_SYN_ACK, _S.ESTABLISHED),
    _edge(_S.SYN_SENT, _T.RECV_SYN, _S.SYN_RECV),
    _edge(_S.SYN_SENT, _T.CLOSE, _S.CLOSED),
    _edge(_S.SYN_RECV, _T.RECV_ACK_OF_SYN, _S.ESTABLISHED),
    _edge(_S.SYN_RECV, _T.CLOSE, _S.FIN_WAIT1),
    _edge(_S.ESTABLISHED, _T.CLOSE, _S.FIN_WAIT1),
    _edge(_S.ESTABLISHED, _T.RECV_FIN, _S.CLOSE_WAIT),
    _edge(_S.FIN_WAIT1, _T.RECV_ACK_OF_FIN, _S.FIN_WAIT2),
    _edge(_S.FIN_WAIT1, _T.RECV_FIN, _S.CLOSING),
    _edge(_S.FIN_WAIT1, _T.RECV_FIN_AND_ACK, _S.TIME_WAIT, linux=False),
    _edge(_S.FIN_WAIT2, _T.RECV_FIN, _S.TIME_WAIT),
    _edge(_S.CLOSE_WAIT, _T.CLOSE, _S.LAST_ACK),
    _edge(_S.CLOSING, _T.RECV_ACK_OF_FIN, _S.TIME_WAIT),
    _edge(_S.LAST_ACK, _T.RECV_ACK_OF_FIN, _S.CLOSED),
    _edge(_S.TIME_WAIT, _T.TIME_WAIT_OVER, _S.CLOSED),
)
"""Figure 5. RFC 9293 note 1 (SYN_RECV returns to LISTEN on RST) is the request's end here: see `_LINUX`."""

_BY_SEGMENT: Final = tuple(
    _edge(before, trigger, after, "RFC 9293 §3.10.4, §3.10.7")
    for trigger in (_T.SEND_FIN, _T.SHUTDOWN)
    for before, after in (
        (_S.SYN_RECV, _S.FIN_WAIT1),
        (_S.ESTABLISHED, _S.FIN_WAIT1),
        (_S.CLOSE_WAIT, _S.LAST_ACK),
    )
)
"""What close() does, told by its FIN, or by shutdown(), which sends one and keeps the descriptor."""

_RESETS: Final = (
    *(
        _edge(state, trigger, _S.CLOSED, "RFC 9293 §3.5.2, §3.5.3, §3.10.5")
        for state, trigger in product((_S.SYN_RECV, *_SYNCHRONIZED), (_T.RECV_RST, _T.SEND_RST, _T.ABORT))
    ),
    _edge(_S.SYN_SENT, _T.RECV_RST, _S.CLOSED, "RFC 9293 §3.10.7.3; tcp_reset: ECONNREFUSED"),
    _edge(_S.SYN_SENT, _T.ABORT, _S.CLOSED, "RFC 9293 §3.10.5"),
    _edge(_S.LISTEN, _T.ABORT, _S.CLOSED, "RFC 9293 §3.10.5"),
)

_LINUX: Final = (
    _edge(_S.LISTEN, _T.RECV_COOKIE, _S.SYN_RECV, "RFC 4987 §3.6; cookie_v4_check"),
    _edge(_S.SYN_SENT, _T.SHUTDOWN, _S.CLOSED, "inet_shutdown"),
    _edge(_S.LISTEN, _T.SHUTDOWN, _S.CLOSED, "inet_shutdown"),
    _edge(_S.CLOSED, _T.UNDER_WAY, _S.ESTABLISHED, "its handshake was not seen"),
    _edge(_S.FIN_WAIT2, _T.FIN_TIMEOUT, _S.CLOSED, "tcp(7) tcp_fin_timeout"),
    _edge(_S.TIME_WAIT, _T.RECV_RST, _S.CLOSED, "tcp_timewait_state_process; RFC 1337"),
    *(
        _edge(state, _T.GAVE_UP, _S.CLOSED, "RFC 9293 §3.8.3; tcp_write_err")
        for state in (*_OPENING, *_SYNCHRONIZED)
    ),
    *(
        _edge(state, _T.REPLACED, _S.CLOSED, "RFC 6191; tcp_timewait_state_process")
        for state in (*_OPENING, *_SYNCHRONIZED, _S.TIME_WAIT)
    ),
    *(
        _edge(state, _T.GONE, _S.CLOSED, "the table is what it is")
        for state in (_S.LISTEN, *_OPENING, *_SYNCHRONIZED, _S.TIME_WAIT)
    ),
)

_ORDINARY: Final = {
    _S.CLOSED: (_T.SEND_RST, _T.RECV_RST, _T.RECV_SYN, _T.CLOSE, _T.ABORT, _T.GONE),
    _S.LISTEN: (_T.RECV_SYN, _T.RECV_RST, _T.SEND_RST, _T.LISTEN),
    _S.SYN_SENT: (_T.CONNECT, _T.SEND_SYN, _T.SEND_RST),
    _S.SYN_RECV: (_T.SEND_SYN, _T.SEND_SYN_ACK, _T.RECV_SYN, _T.RECV_SYN_ACK),
    _S.ESTABLISHED: (_T.SEND_SYN_ACK, _T.RECV_SYN, _T.RECV_SYN_ACK, _T.RECV_ACK_OF_SYN),
    _S.FIN_WAIT1: (_T.CLOSE, _T.SHUTDOWN, _T.SEND_FIN, _T.RECV_SYN_ACK),
    _S.FIN_WAIT2: (_T.CLOSE, _T.SHUTDOWN, _T.SEND_FIN, _T.RECV_ACK_OF_FIN, _T.RECV_SYN_ACK),
    _S.CLOSE_WAIT: (_T.RECV_FIN, _T.RECV_SYN_ACK),
    _S.CLOSING: (_T.CLOSE, _T.SHUTDOWN, _T.SEND_FIN, _T.RECV_FIN),
    _S.LAST_ACK: (_T.CLOSE, _T.SHUTDOWN, _T.SEND_FIN, _T.RECV_FIN),
    _S.TIME_WAIT: (
        _T.CLOSE,
        _T.SHUTDOWN,
        _T.SEND_FIN,
        _T.SEND_RST,
        _T.ABORT,
        _T.RECV_FIN,
        _T.RECV_ACK_OF_FIN,
    ),
}
"""What leaves the state as it is and is nothing unusual: repetitions, answers to strangers, giving up the
descriptor of an end that has said its FIN."""

EDGES: Final[tuple[Edge, ...]] = (
    *_RFC,
    *_BY_SEGMENT,
    *_RESETS,
    *_LINUX,
    *(
        _edge(state, trigger, state, "no change")
        for state, triggers in _ORDINARY.items()
        for trigger in triggers
    ),
)
"""Every edge, the figure's first."""

TABLE: Final[Mapping[tuple[State, Trigger], Edge]] = {
    (edge.before, edge.trigger): edge for edge in EDGES if edge.linux
}
"""What Linux does: (state, trigger) → edge."""


def step(state: State, trigger: Trigger) -> Step:
    """What `trigger` does to an end in `state`; an impossible one leaves it there."""
    edge = TABLE.get((state, trigger))
    return Step(state, None) if edge is None else Step(edge.after, edge)


_WAY: Final = tuple(
    edge for edge in _RFC if edge.linux and (edge.before, edge.trigger) != (_S.SYN_RECV, _T.CLOSE)
)
"""What `path` goes by: figure 5's edges, in its order (FIN_WAIT1 → FIN_WAIT2 before FIN_WAIT1 → CLOSING).

Who was seen in SYN_RECV and later in FIN_WAIT1 was ESTABLISHED in between: a passive open has no descriptor
to close before that.
"""


@cache
def path(before: State, after: State) -> tuple[Edge, ...] | None:
    """The shortest orderly way from one state to another, for states that were only looked at now and then.

    Resets, time-outs and the end of a socket are no part of it: what made a socket disappear is the caller's
    to say, and nothing leads beyond CLOSED. None: there is no way; the empty tuple: they are the same.
    """
    queue: deque[tuple[Edge, ...]] = deque([()])
    seen = {before}
    while queue:
        way = queue.popleft()
        here = way[-1].after if way else before
        if here is after:
            return way
        if here is State.CLOSED and way:
            continue
        for edge in _WAY:
            if edge.before is here and edge.after not in seen:
                seen.add(edge.after)
                queue.append((*way, edge))
    return None
