"""How often something costly may be done: a share of the time, with credit for bursts. Pure."""

from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """Credit grows with time and is spent on work. Times in ns."""

    share: float
    """Of the time, 0 to 1."""
    most: int
    """Credit that is saved up at most; there is as much at the start."""
    _credit: float = 0.0
    _at: int | None = None

    def spend(self, now: int, cost: int) -> None:
        """Work that ended at `now` took `cost`."""
        self._credit = self._grown(now) - cost
        self._at = now

    def wait(self, now: int) -> int:
        """How long until there is credit again; 0: there is."""
        credit = self._grown(now)
        return 0 if credit >= 0 else int(-credit / self.share) + 1

    def _grown(self, now: int) -> float:
        if self._at is None:
            return self.most
        return min(self.most, self._credit + (now - self._at) * self.share)
