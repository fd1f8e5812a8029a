"""The packets that begin and end connections of the watched ports, on all interfaces of the namespace.

Owns the socket and its filter. Needs the right to capture (CAP_NET_RAW). Of the ACKs only those are told that
complete a handshake or acknowledge a FIN.
"""

import socket
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sockviz.events import SegmentCaptured
from sockviz.sources.clock import Clock, Realtime
from sockviz.sources.filter import NOTHING, attach
from sockviz.sources.packets import Captured, PacketSocket
from sockviz.sources.rights import refusal
from sockviz.sources.stamps import wait_until_stamped
from sockviz.sources.watch.filter import handshakes
from sockviz.tcp.link import RAW
from sockviz.tcp.segment import ACK, FIN, FRAME_KEPT, RST, SYN, Headers, Skipped, headers, segment_of

_ALL: Final = 0x0003
"""ETH_P_ALL."""
AT_ONCE: Final = 4_096
"""Packets that are taken out in one go, at most."""
_EXPECTED: Final = 200_000
"""Connections of which an ACK is waited for, at most."""


class _Socket(PacketSocket):
    """A packet socket of all interfaces, without link layer."""

    def __init__(self) -> None:
        self.socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.htons(_ALL)
        )
        self.scapy = self.socket  # what is closed
        self._keep = FRAME_KEPT
        self._dropped = 0
        try:
            attach(self.socket, NOTHING)
            self._prepare()
            wait_until_stamped()
            self.forget()  # what came in before there was a filter
        except OSError:
            self.close()
            raise


class Packets:
    """Packets of the ports that are `watch`ed. Not for several threads."""

    def __init__(self, clock: Clock) -> None:
        """Open the socket.

        Raises:
            UserError: kind `no-capture`: this process may not capture, or the kernel has no packet sockets.
        """
        try:
            self._socket = _Socket()
        except OSError as error:
            raise refusal(error, "any interface") from error
        self._realtime = Realtime(clock)
        self.more = False
        """The last `read` did not take all that there was."""
        self._count = 0
        self._ports: frozenset[int] = frozenset()
        self._acks: OrderedDict[tuple[bytes, bytes, int, int], int] = OrderedDict()
        """Ends, the peer first → the ACK that would complete what the server sent last."""

    def watch(self, ports: Collection[int], *, acks: bool = True) -> None:
        """From now on tell of connections with one of these local ports; none: of none.

        Without `acks` it is seen less exactly when a handshake is complete, at a fraction of the cost.
        """
        self._acks.clear()
        self._ports = frozenset(ports)
        attach(self._socket.socket, handshakes(ports, acks=acks) if ports else NOTHING)
        while self._socket.receive():  # about others, or too old
            pass

    def read(self) -> list[SegmentCaptured]:
        """What came since the last call, a bounded number; never blocks."""
        packets = self._socket.receive(AT_ONCE)
        self.more = len(packets) == AT_ONCE
        return list(self._told(packets, self._realtime.offset())) if packets else []

    def lost(self) -> int:
        """Packets that the buffer had no room for, since the beginning."""
        return self._socket.dropped()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _told(self, packets: Iterable[Captured], offset: int) -> Iterator[SegmentCaptured]:
        for packet in packets:
            found = headers(packet.frame, RAW)
            if isinstance(found, Skipped) or not self._matters(found, ours=packet.outgoing):
                continue
            self._count += 1
            sender, receiver = ("server", "client") if packet.outgoing else ("client", "server")
            yield SegmentCaptured(
                t=max(0, packet.realtime - offset),
                id=self._count,
                sender=sender,
                receiver=receiver,
                segment=segment_of(found, packet.frame, RAW),
            )

    def _matters(self, found: Headers, *, ours: bool) -> bool:
        """Remember which ACK is waited for; an empty ACK matters only if it is that one."""
        source, destination, (source_port, destination_port, seq, ack, _, flags, _), _, length = found
        if (source_port if ours else destination_port) not in self._ports:
            return False  # there are too many of them for the filter
        if ours:
            ends = (destination, source, destination_port, source_port)
            if flags & RST:
                self._acks.pop(ends, None)
            else:
                self._acks[ends] = (seq + length + 1) & 0xFFFF_FFFF  # a SYN or a FIN counts as one
                if len(self._acks) > _EXPECTED:
                    self._acks.popitem(last=False)
            return True
        ends = (source, destination, source_port, destination_port)
        if flags & ACK and self._acks.get(ends) == ack:
            del self._acks[ends]
            return True
        return bool(flags & (SYN | FIN | RST))
