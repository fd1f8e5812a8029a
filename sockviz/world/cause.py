"""Why a kernel did not do what a segment asked for: the names of the causes. Data only."""

from enum import StrEnum


class Cause(StrEnum):
    """Why a kernel did not do what a segment asked for."""

    ACCEPT_QUEUE_FULL = "accept-queue-full"
    """A SYN, dropped."""
    FINAL_ACK_IGNORED = "final-ack-ignored"
    """The ACK that ends the handshake found the accept queue full."""
    COOKIE_IGNORED = "cookie-ignored"
    """The same, of a connection that was answered with a cookie: the server keeps nothing of it."""
    ABORT_ON_OVERFLOW = "abort-on-overflow"
    """The same, answered with RST, since tcp_abort_on_overflow is set."""
    SYN_QUEUE_FULL = "syn-queue-full"
    """A SYN, dropped, since there are no SYN cookies."""
    SYN_BACKLOG = "syn-backlog"
    """A SYN, dropped: what is left of tcp_max_syn_backlog is not for strangers."""
    NO_LISTENER = "no-listener"
    """A SYN, answered with RST: nobody listens there."""
    NO_ROOM = "no-room"
    """A SYN, dropped; that is all that the kernel says."""
    RECEIVE_BUFFER = "receive-buffer"
    """Data or a datagram, dropped: the socket's receive buffer is full."""
    SOCKET_BACKLOG = "socket-backlog"
    """Data, dropped: a program was busy in the socket, and the queue of what came meanwhile is full."""
