"""How far a capture has been read, by a thread that can be stopped."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """Nobody wants to know the rest."""


class StoppableProgress:
    """Is told by the thread that reads, and asked by another."""

    def __init__(self) -> None:
        self.done = 0.0
        """0 to 1."""
        self._stopped = False

    def __call__(self, done: float) -> None:
        """So much has been read.

        Raises:
            Stopped: that is enough.
        """
        if self._stopped:
            raise Stopped
        self.done = done

    def stop(self) -> None:
        """Read no more."""
        self._stopped = True
