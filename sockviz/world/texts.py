"""What is told about what happens: plain sentences for somebody who has never seen a socket. Data only.

`{c}` is the connection (`#1`), `{who}` this end's side and `{peer}` the other one's (`client`, `server`). A
text may say what the kernel does and why it matters, never more than was seen. The weight is a
`Narration`'s: 0 a detail, 1 ordinary, 2 must not be missed.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence or two with places to fill in, and how much they matter."""

    weight: int
    template: str


# The handshake

SYN_SENT: Final = Text(
    1,
    "{c}: connect() made the {who}'s kernel send a SYN. The {who} is in SYN_SENT, and its program is "
    "blocked until an answer comes.",
)
SYN_SENT_HELD: Final = Text(
    1,
    "{c}: connect() put a SYN on the wire, which holds it. The {who} is in SYN_SENT and its program is "
    "blocked; the {peer} knows nothing of it yet.",
)
SYN_RECV: Final = Text(
    1,
    "{c}: the {who}'s kernel answered the SYN with SYN-ACK. SYN_RECV is half-open: it now waits for the "
    "{peer}'s ACK. No program has been told.",
)
SIMULTANEOUS_OPEN: Final = Text(
    2,
    "{c}: a SYN came where a SYN-ACK was expected, since both sides called connect(). This is a "
    "simultaneous open: SYN_RECV without a listener.",
)
CONNECTED: Final = Text(
    1,
    "{c}: the SYN-ACK arrived: the {who} is ESTABLISHED and connect() returns. The {peer} follows when "
    "the {who}'s ACK gets there.",
)
CONNECTED_BOTH: Final = Text(
    1,
    "{c}: the {who} is ESTABLISHED too.",
)
QUEUED: Final = Text(
    1,
    "{c}: the kernel finished the handshake by itself: no program has called accept() yet. The "
    "connection, without an owner, waits in the accept queue.",
)
QUEUED_FOR_ACCEPT: Final = Text(
    1,
    "{c}: the ACK arrived and the kernel finished the handshake. A program is blocked in accept() and "
    "gets the connection at once.",
)
COOKIE: Final = Text(
    2,
    "{c}: the server answered with a SYN cookie: its SYN queue is full, so all it must remember is in the "
    "SYN-ACK's number, and it keeps no row at all.",
)
DEFERRED: Final = Text(
    1,
    "{c}: TCP_DEFER_ACCEPT is set, so the final ACK alone does not finish the handshake for the server: "
    "it stays in SYN_RECV until data arrives.",
)
REFUSED: Final = Text(
    1,
    "{c}: nobody listens at {remote}. The kernel there answered RST, and connect() fails with ECONNREFUSED.",
)
GAVE_UP: Final = Text(
    1,
    "{c}: no answer after all retries: the {who}'s kernel gave up (ETIMEDOUT).",
)

UNDER_WAY: Final = Text(
    1,
    "{c}: its handshake is not in the capture, so it began earlier. Both ends are ESTABLISHED as far as its "
    "segments tell.",
)
ASKS: Final = Text(
    1,
    "{c}: the {who} asks for a connection: its kernel sent a SYN. It is in SYN_SENT until an answer comes.",
)
ANSWERED: Final = Text(
    1,
    "{c}: the ACK ended the handshake: the {who} is ESTABLISHED too. Whether a program has accepted it can't "
    "be seen here.",
)

# Queues

SYN_DROPPED: Final = Text(
    2,
    "{c}: SYN dropped, since {cause}. No refusal is sent: the client stays in SYN_SENT and tries again "
    "{when}.",
)
UNSEEN_DROPPED: Final = Text(
    2,
    "{what} dropped, since {cause}. ListenOverflows says so: no refusal is sent, and who connects tries "
    "again.",
)
ACK_DROPPED: Final = Text(
    2,
    "{c}: final ACK ignored, since {cause}. The client believes that it is ESTABLISHED; the server stays "
    "in SYN_RECV.",
)
COOKIE_DROPPED: Final = Text(
    1,
    "{c}: the ACK brought the cookie back and was ignored, since {cause}. The server keeps nothing of it.",
)
GHOST: Final = Text(
    2,
    "{c} is a ghost: ESTABLISHED on the client, and no socket on the server. Nothing on the wire tells "
    "the client so.",
)
ACK_ABORTED: Final = Text(
    2,
    "{c}: final ACK not taken, since {cause}. With tcp_abort_on_overflow the {peer} answers it with RST.",
)
FORGED: Final = Text(
    1,
    "{c}: a SYN from {local}, made up by a raw socket: nobody has that address, so nobody will answer the "
    "SYN-ACK.",
)
FORGED_DROPPED: Final = Text(
    2,
    "{c}: SYN dropped, since {cause}. A real client would be treated alike: that is what a SYN flood is for.",
)
TO_NOBODY: Final = Text(
    1,
    "{c}: the {label} goes to an address that nobody has, and is lost. The {who} keeps the connection "
    "half-open, and waits.",
)
TO_NOBODY_AGAIN: Final = Text(0, "{c}: no ACK came, so the {who} sent its {label} again, to nobody again.")
BUFFER_FULL: Final = Text(
    2,
    "{who}: {what} dropped, since {cause}. It had arrived, and nobody is told.",
)
RESET_WHILE_QUEUED: Final = Text(
    2,
    "{c}: an RST arrived before accept(). The socket is closed and its row gone, but it keeps its place "
    "in the accept queue until accept() takes it.",
)
CLOSED_WHILE_QUEUED: Final = Text(
    1,
    "{c}: the {peer} closed before anybody accepted. The connection stays in the accept queue: "
    "CLOSE_WAIT, without an owner.",
)

# Calls

ACCEPTED: Final = Text(
    1,
    "{c}: accept() returned fd {fd}. It made no packets: it took the oldest finished connection out of "
    "the queue and gave it a descriptor.",
)
ACCEPT_BLOCKED: Final = Text(
    1,
    "accept() is blocked: no finished connection is waiting. It sleeps until the kernel has finished a "
    "handshake.",
)
LISTENING: Final = Text(
    1,
    "{local} listens{backlog}. From now on the kernel answers each SYN by itself, whether or not a "
    "program calls accept().",
)
BACKLOG_CHANGED: Final = Text(
    1,
    "listen() again, with backlog {backlog}: the limit of a living listener changes at once.",
)
LISTENER_CLOSED: Final = Text(
    1,
    "{local} does not listen any more: a SYN will now be answered with RST.",
)
LISTENER_CLOSED_QUEUED: Final = Text(
    2,
    "{local} does not listen any more. Closing the listener also resets what was still in its accept "
    "queue ({count}).",
)
CALL_FAILED: Final = Text(
    1,
    "{name}() failed with {error}: {meaning}.",
)
CALL_FAILED_PLAIN: Final = Text(
    1,
    "{name}() failed with {error}.",
)
PROGRAM_ENDED: Final = Text(
    0,
    "{name} ended; the kernel closed all of its descriptors.",
)

ERRORS: Final = {
    "EADDRINUSE": "another socket has this address, or one in TIME_WAIT still does",
    "ECONNREFUSED": "nobody listens there, and the kernel answered RST",
    "ECONNRESET": "the other side sent RST",
    "ETIMEDOUT": "no answer came, however often the kernel asked",
    "EPIPE": "this socket has already said that it sends no more",
    "EINTR": "it was interrupted while it was blocked",
    "ENOTCONN": "the socket is not connected",
}
"""What an errno means here."""
EPIPE_AFTER_RST: Final = "the other side had closed, and answered what was sent to it with RST"

# Data

DATA_UNACCEPTED: Final = Text(
    2,
    "{c}: {bytes} arrived and the kernel acknowledged them, although nobody has accepted the connection. "
    "They wait in Recv-Q until accept() and recv().",
)
SENT: Final = Text(
    1,
    "{c}: {name}() gave {bytes} to the {who}'s kernel and returned: they stay in Send-Q until the {peer}'s "
    "kernel has acknowledged them.",
)
DATA: Final = Text(
    1,
    "{c}: {bytes} arrived. The {who}'s kernel keeps them in Recv-Q until the program calls recv().",
)
READ: Final = Text(
    1,
    "{c}: {name}() took {bytes} out of Recv-Q.",
)
END_OF_FILE: Final = Text(
    1,
    "{c}: {name}() returned 0. That is how a program learns that the other side has sent its FIN.",
)

# Closing

FIN_WAIT1: Final = Text(
    1,
    "{c}: the {who} closed first. Its FIN says that it sends no more; until the FIN is acknowledged it is "
    "in FIN_WAIT1.",
)
FIN_WAIT1_BOTH: Final = Text(
    1,
    "{c}: the {who} closed too, before it could see the {peer}'s FIN: now both are in FIN_WAIT1, each "
    "with a FIN under way.",
)
HALF_CLOSED: Final = Text(
    1,
    "{c}: shutdown() sent a FIN and kept the descriptor: the {who} sends no more, and can still receive.",
)
CLOSE_WAIT: Final = Text(
    1,
    "{c}: the FIN arrived and the kernel acknowledged it by itself. CLOSE_WAIT: the {who}'s program has "
    "not called close() yet, and only that ends it.",
)
FIN_WAIT2: Final = Text(
    1,
    "{c}: the {who}'s FIN was acknowledged: FIN_WAIT2. It waits for the {peer} to close too, however long "
    "that takes.",
)
FIN_WAIT2_ORPHAN: Final = Text(
    1,
    "{c}: the {who}'s FIN was acknowledged: FIN_WAIT2. No program owns this end, so it waits for the "
    "{peer} to close, but not for ever (tcp_fin_timeout).",
)
CLOSING: Final = Text(
    2,
    "{c}: both sides closed at once and their FINs crossed: the {who} got the other FIN before the ACK of "
    "its own. That is CLOSING.",
)
LAST_ACK: Final = Text(
    1,
    "{c}: the {who} closed too and sent its FIN. LAST_ACK: it waits for the ACK of it, the last segment.",
)
TIME_WAIT: Final = Text(
    1,
    "{c}: the {who} closed first, so it stays in TIME_WAIT for 60 s: it can repeat its last ACK, and late "
    "packets can't get into a new connection.",
)
TIME_WAIT_BOTH: Final = Text(
    1,
    "{c}: both sides closed at once, so the {who} too stays in TIME_WAIT for 60 s.",
)
LAST_ACK_ARRIVED: Final = Text(
    1,
    "{c}: the last ACK arrived: the {who}'s end is gone at once. Only the side that closed first has a "
    "TIME_WAIT.",
)
TIME_WAIT_OVER: Final = Text(
    1,
    "{c}: TIME_WAIT is over. The last trace of the connection is gone.",
)
FIN_TIMEOUT: Final = Text(
    1,
    "{c}: the {who}'s end in FIN_WAIT2 is gone: no program owned it, and the other FIN did not come in time.",
)
RESET_SENT: Final = Text(
    1,
    "{c}: the {who} sent RST. Its end is gone at once: no FIN, no TIME_WAIT, and what was not read is lost.",
)
RESET_UNREAD: Final = Text(
    2,
    "{c}: the {who} closed with unread bytes in Recv-Q, so its kernel sent RST instead of FIN. What was "
    "not read is lost, and the {peer} learns it.",
)
RESET_UNACCEPTED: Final = Text(
    1,
    "{c}: the listener is being closed, so the kernel resets this connection, which nobody had accepted. "
    "Its client is told by RST.",
)
RESET_HALF_OPEN: Final = Text(1, "{c}: the {who} answered with RST: the half-open connection is gone.")
RESET_ARRIVED: Final = Text(
    1,
    "{c}: an RST arrived: the {who}'s end is gone at once. Its program learns it from its next call "
    "(ECONNRESET).",
)
RESET_ARRIVED_CLOSED: Final = Text(
    1,
    "{c}: an RST arrived: the {who}'s end is gone at once. Its program learns it from its next send() "
    "(EPIPE, since the {peer} had closed already).",
)
RESET_ARRIVED_UNOWNED: Final = Text(1, "{c}: an RST arrived: the {who}'s end is gone at once.")
ABANDONED: Final = Text(
    1,
    "{c}: the {who} gave up connecting: its socket is closed. No segment says so.",
)
REPLACED: Final = Text(
    0,
    "{c}: its addresses are used again by a new connection.",
)
GONE: Final = Text(
    1,
    "{c}: the {who}'s end is gone from the socket table.",
)

# A capture

KEEPALIVE: Final = Text(
    0,
    "{c}: the {who} asks whether the {peer} is still there: a keepalive has the number before the next one.",
)
OVERTAKEN: Final = Text(
    0,
    "{c}: this {label} of the {who} was overtaken by later ones on its way to where they were captured.",
)
NOT_CAPTURED: Final = Text(
    1,
    "{c}: {bytes} of the {who} were acknowledged, and are not in the capture.",
)

# The wire

SENT_AGAIN: Final = Text(
    0,
    "{c}: no answer came in time, so the {who}'s kernel sent its {label} again.",
)
SENT_AGAIN_HELD: Final = Text(
    0,
    "{c}: the {who}'s kernel got no answer and sent its {label} again, which is ordinary. The wire "
    "keeps what it has and takes no repetition.",
)
TAKEN_OFF: Final = Text(
    1,
    "{c}: the {label} was taken off the wire. Nobody is told: the {who}'s kernel sends it again when no "
    "answer comes.",
)
ACK_TAKEN_OFF: Final = Text(
    1,
    "{c}: the {label} was taken off the wire. Nobody is told, and an ACK is not sent again by itself: the "
    "{peer} will repeat what it got no ACK for.",
)
WIRE_HOLDS: Final = Text(
    1,
    "The wire holds each segment until it is released.",
)
WIRE_FLOWS: Final = Text(
    1,
    "The wire flows: each segment arrives {delay}.",
)
WIRE_CUT: Final = Text(
    2,
    "The wire is cut: what is sent is lost, and neither side is told.",
)

# The table

CORRECTED: Final = Text(
    1,
    "{c}: the socket table says {state} for the {who}: its kernel did not act on what arrived.",
)
