"""Which lane of the wire a packet travels in: its own for as long as it is drawn, so that nothing jumps."""

from collections.abc import Iterable


class Lanes:
    """Lanes in the order in which they are to be filled, and who is in them."""

    def __init__(self) -> None:
        """All lanes are free."""
        self._lane: dict[int, int] = {}
        self._count = 0

    def assign(self, ids: Iterable[int], count: int) -> dict[int, int]:
        """Lane of each id, from 0 to `count` - 1, the lowest free one for a newcomer.

        Those that no lane is left for are not in the answer. A new `count` deals all lanes anew.
        """
        wanted = list(ids)
        if count != self._count:
            self._lane, self._count = {}, count
        present = set(wanted)
        self._lane = {one: lane for one, lane in self._lane.items() if one in present}
        free = iter(sorted(set(range(count)) - set(self._lane.values())))
        for one in wanted:
            if one not in self._lane:
                lane = next(free, None)
                if lane is None:
                    break
                self._lane[one] = lane
        return dict(self._lane)


def centre_out(count: int) -> list[int]:
    """0 … count-1 from the middle outwards: 2 3 1 4 0 for five."""
    middle = (count - 1) // 2
    return sorted(range(count), key=lambda lane: (abs(lane - middle), -lane))
