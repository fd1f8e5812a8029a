"""When what happened in a log: where to stop, how dense it is, how long it takes to play.

Owns the times and kinds of all events. In memory are the last page of them, the few that were looked at, and
a line of numbers for each other one, so that a log may be of any length. Times are ns on the recording's
clock and never go back. What an event says is not known here.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from enum import IntEnum
from typing import Final

from sockviz.session.pace import LONGEST, Pace, screen_time
from sockviz.session.spill import Spill

PAGE: Final = 1024
"""Events of a page."""
_AT_HAND: Final = 32
"""Pages at hand besides the last one."""
_EXACT: Final = 8
"""Of so many of the last pages the density is told event by event."""


class Kind(IntEnum):
    """What makes an event worth stopping at: bits, of which it may have several."""

    MOMENT = 1
    """Anything that can be seen."""
    SEGMENT = 2
    """A segment was sent, released, delivered, lost or captured."""
    STATE = 4
    """An end changed its state."""
    MARK = 8
    """Somebody marked the time: not of the index, since a mark need not be an event."""


class _Page:
    """Up to `PAGE` events: their times and kinds, and the play time up to each moment."""

    def __init__(self, times: "array[int]", kinds: bytearray, before: "_Before") -> None:
        self.times = times
        self.kinds = kinds
        self.before = before
        self._moments: list[int] = []
        self._played: dict[Pace, list[int]] = {}
        self._counted = 0

    def moments(self) -> list[int]:
        """The times that are worth stopping at, each once."""
        times, kinds, found = self.times, self.kinds, self._moments
        last = found[-1] if found else self.before.moment
        for place in range(self._counted, len(times)):
            if kinds[place] & Kind.MOMENT and times[place] > last:
                last = times[place]
                found.append(last)
        self._counted = len(times)
        return found

    def played(self, pace: Pace) -> list[int]:
        """The play time at each of `moments`."""
        moments, played = self.moments(), self._played.setdefault(pace, [])
        total = played[-1] if played else self.before.played[pace]
        last = moments[len(played) - 1] if played else self.before.moment
        for moment in moments[len(played) :]:
            total += screen_time(moment - last, None, pace)
            played.append(total)
            last = moment
        return played


class _Before:
    """What has to be known of all pages before one."""

    __slots__ = ("moment", "moments", "played")

    def __init__(self, moment: int, moments: int, played: dict[Pace, int]) -> None:
        self.moment = moment
        """The last time worth stopping at."""
        self.moments = moments
        """How many such times there were."""
        self.played = played
        """The play time up to it."""


class Index:
    """Times and kinds of the events of a log, in their order."""

    def __init__(self, spill: Spill | None = None) -> None:
        self._spill = spill or Spill()
        self._stored: list[int] = []
        self._firsts = array("q")
        """When each page begins."""
        self._masks = bytearray()
        """Which kinds there are on each page but the last."""
        self._befores: list[_Before] = []
        self._at_hand: OrderedDict[int, _Page] = OrderedDict()
        self._last: _Page | None = None
        self.end = 0
        """When the last event happened."""
        self._count = 0

    def __len__(self) -> int:
        """How many events."""
        return self._count

    def add(self, t: int, kinds: int) -> None:
        """One more event; `kinds`: bits of `Kind`."""
        page = self._last
        if page is None or len(page.times) == PAGE:
            page = self._turn(t)
        page.times.append(t)
        page.kinds.append(kinds)
        self.end = t
        self._count += 1

    def _turn(self, t: int) -> _Page:
        """Begin a new page."""
        before = _Before(t, 0, dict.fromkeys(Pace, 0))
        if (full := self._last) is not None:
            self._stored.append(self._spill.put(full.times.tobytes() + bytes(full.kinds)))
            mask = 0
            for kinds in set(full.kinds):
                mask |= kinds
            self._masks.append(mask)
            moments = full.moments()
            before = _Before(
                moments[-1] if moments else full.before.moment,
                full.before.moments + len(moments),
                {pace: (full.played(pace) or [full.before.played[pace]])[-1] for pace in Pace},
            )
        self._firsts.append(t)
        self._befores.append(before)
        self._last = _Page(array("q"), bytearray(), before)
        return self._last

    def _page(self, number: int) -> _Page:
        if number == len(self._stored) and self._last is not None:
            return self._last
        page = self._at_hand.get(number)
        if page is None:
            data = self._spill.get(self._stored[number])
            times = array("q", data[: -len(data) // 9])
            page = _Page(times, bytearray(data[len(times) * 8 :]), self._befores[number])
            self._at_hand[number] = page
            if len(self._at_hand) > _AT_HAND:
                self._at_hand.popitem(last=False)
        self._at_hand.move_to_end(number)
        return page

    def count(self, t: int) -> int:
        """How many events happened up to and including `t`."""
        number = bisect_right(self._firsts, t) - 1
        return 0 if number < 0 else number * PAGE + bisect_right(self._page(number).times, t)

    # where to stop

    def following(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """When the first event of that kind after `t` happened; None: there is none (yet)."""
        number, inside = divmod(self.count(t), PAGE)
        while number < len(self._firsts):
            if number == len(self._stored) or self._masks[number] & kind:
                page = self._page(number)
                for place in range(inside, len(page.times)):
                    if page.kinds[place] & kind:
                        return page.times[place]
            number, inside = number + 1, 0
        return None

    def preceding(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        """When the last event of that kind before `t` happened."""
        number = bisect_left(self._firsts, t) - 1
        inside = bisect_left(self._page(number).times, t) if number >= 0 else 0
        while number >= 0:
            page = self._page(number)
            for place in range(inside - 1, -1, -1):
                if page.kinds[place] & kind:
                    return page.times[place]
            number -= 1
            while number >= 0 and not self._masks[number] & kind:
                number -= 1
            inside = PAGE
        return None

    # how long it takes to play

    def played(self, t: int, pace: Pace) -> int:
        """How long (ns, at speed 1) it takes to play from the start to `t`."""
        if not self._firsts:
            return 0
        page = self._page(max(bisect_right(self._firsts, t) - 1, 0))
        place = bisect_right(page.moments(), t) - 1
        moment, played = page.before.moment, page.before.played[pace]
        if place >= 0:
            moment, played = page.moments()[place], page.played(pace)[place]
        if t <= moment:
            return played
        following = self.following(t)
        if following is None:
            return played + (t - moment if pace is Pace.REAL else min(t - moment, LONGEST))
        whole = screen_time(following - moment, None, pace)
        return played + whole * (t - moment) // (following - moment)

    def at_played(self, played: int, pace: Pace) -> int:
        """The time that playing comes to after `played` ns; the inverse of `played`."""
        if not self._firsts:
            return 0
        number = bisect_right(self._befores, played, key=lambda before: before.played[pace]) - 1
        page = self._page(max(number, 0))
        place = bisect_right(page.played(pace), played) - 1
        moment, begun = page.before.moment, page.before.played[pace]
        if place >= 0:
            moment, begun = page.moments()[place], page.played(pace)[place]
        following = self.following(moment)
        if following is None:
            return moment + max(played - begun, 0)
        whole = screen_time(following - moment, None, pace)
        return moment + (following - moment) * max(played - begun, 0) // max(whole, 1)

    def density(self, columns: int, whole: int, pace: Pace) -> list[int]:
        """How many moments there are in each of `columns` equal parts of `whole` ns of play time."""
        found = [0] * columns
        for number, before in enumerate(self._befores):
            if number < len(self._befores) - _EXACT:
                after = self._befores[number + 1]
                begin, end = (one.played[pace] * columns // max(whole, 1) for one in (before, after))
                _spread(found, begin, end, after.moments - before.moments)
            else:
                for played in self._page(number).played(pace):
                    found[min(played * columns // max(whole, 1), columns - 1)] += 1
        return found


def _spread(found: list[int], first: int, last: int, count: int) -> None:
    """Put `count` evenly into the columns `first` … `last`."""
    last = min(last, len(found) - 1)
    first = min(first, last)
    width = last - first + 1
    for place in range(width):
        found[first + place] += count * (place + 1) // width - count * place // width
