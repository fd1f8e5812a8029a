"""What is told about UDP: as in `sockviz.world.texts`, and under the same rules. Data only."""

from typing import Final

from sockviz.world.texts import Text

OPENED: Final = Text(
    1,
    "socket() made a UDP socket: no connection will be made, so there is nothing to listen for, and no state "
    "to be in.",
)
NAMED: Final = Text(
    1,
    "connect() on a UDP socket sends nothing. It only names {remote} as the peer: what others send is not "
    "taken.",
)
SENT: Final = Text(
    1,
    "The {who} sent a datagram of {bytes} to {remote}: no handshake came before it, and nobody will "
    "acknowledge it.",
)
ARRIVED: Final = Text(
    1,
    "A datagram of {bytes} arrived for {local}. It waits there, whole, until recvfrom(). The {peer} is not "
    "told.",
)
READ: Final = Text(
    0,
    "{name}() took one whole datagram of {bytes} out of the queue.",
)
CUT: Final = Text(
    1,
    "{name}() asked for {size} and got {bytes}: what was left of the datagram, if anything, is lost. UDP "
    "keeps messages apart.",
)
NO_SOCKET: Final = Text(
    2,
    "A datagram arrived for {local}, and no socket has that port: the {who}'s kernel answers with ICMP, port "
    "unreachable.",
)
NOT_TAKEN: Final = Text(
    1,
    "A datagram arrived for {local}, from {remote}: the socket there is connected to another peer, and does "
    "not take it.",
)
REPORTED: Final = Text(
    2,
    "ICMP, {says}, came back. The {who}'s socket is connected, so its kernel knows whom to tell: the next "
    "call fails.",
)
UNTOLD: Final = Text(
    2,
    "ICMP, {says}, came back. The {who}'s socket is not connected, so its program is never told.",
)
TAKEN_OFF: Final = Text(
    1,
    "The datagram was taken off the wire. Nobody is told, and nobody sends it again: that would be the "
    "program's business.",
)
REFUSED: Final = "nobody has the port that an earlier datagram was sent to, as the other kernel told by ICMP"
"""What ECONNREFUSED means of a UDP socket."""
