"""What is on the wire, and when each segment is due: the wire's decisions without its I/O.

Pure: no clock, no sockets; each method is told the time and answers with the events that tell what it did.
Times are ns on the recording's clock.

A segment is *flying* (it has a due time) or *held* (it waits to be released). In each direction segments keep
their order: none is due before one that was sent or released earlier. The wire's delay is one way; a released
segment starts from the middle, so it arrives after half of it.

While the wire holds, time stands still for the operator and not for the kernels: they send again what is not
answered. Such a repetition is taken off at once (`resent`) as long as the first copy, or the answer that
acknowledges it, is on the wire, and while the receiver of data or a FIN may still delay its ACK; once that
was lost or ignored, the next repetition stays.
"""

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Literal

from sockviz.events import (
    Event,
    Segment,
    SegmentDropped,
    SegmentReleased,
    SegmentSent,
    WireChanged,
)
from sockviz.intents import Mode
from sockviz.tcp import sequence

DELAYED_ACK: Final = 200_000_000
"""How long a receiver waits with its ACK at most, ns (TCP_DELACK_MAX)."""


class NotOnWireError(LookupError):
    """The operator means a segment that is not there; the message is a sentence for them."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A segment that a host's kernel put on the wire."""

    t: int
    sender: str
    receiver: str
    segment: Segment
    identity: Hashable
    """Equal for two copies of one segment, if the kernel sent it again."""
    frame: bytes
    """All of it, to be delivered unchanged."""
    nobody: bool = False
    """No host has the address that it is sent to."""


@dataclass(slots=True)
class _Entry:
    id: int
    sending: Sending
    due: int | None = None
    """None: held."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A segment to be delivered now."""

    id: int
    receiver: str
    frame: bytes


@dataclass(slots=True)
class Line:
    """The segments between the two hosts."""

    mode: Mode = "flow"
    delay: int = 0
    _count: int = 0
    _entries: dict[int, _Entry] = field(default_factory=dict)
    """By id: in the order in which they were sent."""
    _held: set[int] = field(default_factory=set)
    _copies: dict[Hashable, int] = field(default_factory=dict)
    """Identity → the id of the copy that was put on the wire last."""
    _between: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    """(source, destination) → the ids of their segments."""
    _flying: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (due, id); one whose id is no longer in `_entries` was dropped."""
    _last_due: dict[str, int] = field(default_factory=dict)
    """Receiver → the latest due time given to a segment towards it."""
    _arrived: dict[Hashable, int] = field(default_factory=dict)
    """Identity of what will be acknowledged, perhaps not at once → when it was delivered; the last ones."""

    def __len__(self) -> int:
        """How many are on the wire."""
        return len(self._entries)

    def send(self, sending: Sending) -> list[Event]:
        """Take a segment from a host: it flies, is held, or is dropped.

        It is dropped where the wire is cut, where nobody could take it, and (`resent`) where the wire holds
        what it repeats.
        """
        self._count += 1
        entry = _Entry(self._count, sending)
        if self.mode == "cut" or sending.nobody:
            cause: Literal["cut", "nobody"] = "cut" if self.mode == "cut" else "nobody"
            return [self._sent(entry), SegmentDropped(t=sending.t, id=entry.id, cause=cause)]
        if self.mode == "flow":
            self._fly(entry, sending.t + self.delay)
            return [self._sent(entry)]
        original = self._copies.get(sending.identity)
        if original is not None or self._answered(sending.segment) or self._just_arrived(sending):
            return [
                self._sent(entry),
                SegmentDropped(t=sending.t, id=entry.id, cause="resent", original=original),
            ]
        self._put(entry)
        self._held.add(entry.id)
        return [self._sent(entry)]

    def release(self, now: int, segment: int | None = None) -> list[Event]:
        """Let one held segment go; None: the oldest.

        Raises:
            NotOnWireError: it is not held.
        """
        if segment is None:
            segment = min(self._held, default=None)
        if segment is None:
            raise NotOnWireError("No segment is held on the wire.")
        entry = self._entries.get(segment)
        if entry is None:
            raise NotOnWireError(f"Segment {segment} is not on the wire any more.")
        if entry.due is not None:
            raise NotOnWireError(f"Segment {segment} is not held: it is on its way.")
        return [self._release(entry, now)]

    def release_all(self, now: int) -> list[Event]:
        """Let all held segments go, in the order in which they were sent.

        Raises:
            NotOnWireError: none is held.
        """
        if not self._held:
            raise NotOnWireError("No segment is held on the wire.")
        return self._release_held(now)

    def drop(self, now: int, segment: int | None = None) -> list[Event]:
        """Take a segment off the wire, held or flying; None: the oldest.

        Raises:
            NotOnWireError: it is not there.
        """
        if segment is None:
            segment = min(self._entries, default=None)
        if segment is None:
            raise NotOnWireError("No segment is on the wire.")
        if segment not in self._entries:
            raise NotOnWireError(f"Segment {segment} is not on the wire any more.")
        self._remove(segment)
        return [SegmentDropped(t=now, id=segment, cause="operator")]

    def change(self, now: int, mode: Mode | None = None, delay: int | None = None) -> list[Event]:
        """Set mode and delay (None: as it is).

        To `flow` releases all that is held; `cut` loses all that is on the wire. Otherwise what flies goes on
        flying: its due time is known to everybody.
        """
        self.mode = self.mode if mode is None else mode
        self.delay = self.delay if delay is None else delay
        events: list[Event] = [WireChanged(t=now, mode=self.mode, delay=self.delay)]
        if self.mode == "flow":
            events += self._release_held(now)
        elif self.mode == "cut":
            events += [SegmentDropped(t=now, id=segment, cause="cut") for segment in self._entries]
            for segment in tuple(self._entries):
                self._remove(segment)
        return events

    def next_due(self) -> int | None:
        """When the next segment is to be delivered; None: nothing flies."""
        while self._flying and self._flying[0][1] not in self._entries:
            heapq.heappop(self._flying)
        return self._flying[0][0] if self._flying else None

    def take_due(self, now: int) -> Arrival | None:
        """Take off the wire the first segment that is due at `now`; None: none is."""
        if not self.overdue(now):
            return None
        _, segment = heapq.heappop(self._flying)
        sending = self._remove(segment).sending
        if self.mode == "hold" and _may_wait(sending.segment):
            self._arrived[sending.identity] = now
        return Arrival(segment, sending.receiver, sending.frame)

    def overdue(self, now: int) -> bool:
        """Whether a segment was to be delivered by `now`."""
        due = self.next_due()
        return due is not None and due <= now

    def _sent(self, entry: _Entry) -> SegmentSent:
        sending = entry.sending
        return SegmentSent(
            t=sending.t,
            id=entry.id,
            sender=sending.sender,
            receiver=sending.receiver,
            segment=sending.segment,
            due=entry.due,
        )

    def _release_held(self, now: int) -> list[Event]:
        return [self._release(self._entries[segment], now) for segment in sorted(self._held)]

    def _release(self, entry: _Entry, now: int) -> SegmentReleased:
        self._held.remove(entry.id)
        due = self._fly(entry, now + self.delay // 2)
        return SegmentReleased(t=now, id=entry.id, due=due)

    def _fly(self, entry: _Entry, due: int) -> int:
        """Give it a due time, not before that of an earlier one in its direction."""
        receiver = entry.sending.receiver
        entry.due = self._last_due[receiver] = max(due, self._last_due.get(receiver, due))
        self._put(entry)
        heapq.heappush(self._flying, (entry.due, entry.id))
        return entry.due

    def _put(self, entry: _Entry) -> None:
        self._entries[entry.id] = entry
        self._copies[entry.sending.identity] = entry.id
        self._between.setdefault(_ends(entry.sending.segment), set()).add(entry.id)

    def _remove(self, segment: int) -> _Entry:
        entry = self._entries.pop(segment)
        self._held.discard(segment)
        if self._copies.get(entry.sending.identity) == segment:
            del self._copies[entry.sending.identity]
        ends = _ends(entry.sending.segment)
        self._between[ends].remove(segment)
        if not self._between[ends]:
            del self._between[ends]
        return entry

    def _just_arrived(self, sending: Sending) -> bool:
        """Whether a copy was delivered so lately that its acknowledgement may be still to come."""
        for identity, t in tuple(self._arrived.items()):
            if sending.t - t > DELAYED_ACK:
                del self._arrived[identity]
        return sending.identity in self._arrived

    def _answered(self, segment: Segment) -> bool:
        """Whether what acknowledges all of it is on the wire."""
        occupies = segment.length + ("SYN" in segment.flags) + ("FIN" in segment.flags)
        if not occupies or segment.protocol != "tcp":
            return False
        end = sequence.add(segment.seq, occupies)
        ids = self._between.get((segment.destination, segment.source), ())
        answers = (self._entries[answer].sending.segment for answer in ids)
        return any(_acknowledges(answer, end) and not _cross(segment, answer) for answer in answers)


def _ends(segment: Segment) -> tuple[str, str]:
    return segment.source, segment.destination


def _may_wait(segment: Segment) -> bool:
    """Whether its receiver may wait with the ACK; a SYN is answered at once, or ignored."""
    return (
        segment.protocol == "tcp"
        and "SYN" not in segment.flags
        and bool(segment.length or "FIN" in segment.flags)
    )


def _cross(one: Segment, other: Segment) -> bool:
    """Two SYN-ACKs of a simultaneous open (RFC 9293, section 3.5): neither repeats what the other answers."""
    return all({"SYN", "ACK"} <= set(segment.flags.split("|")) for segment in (one, other))


def _acknowledges(segment: Segment, end: int) -> bool:
    return "ACK" in segment.flags and sequence.difference(segment.ack, end) >= 0
