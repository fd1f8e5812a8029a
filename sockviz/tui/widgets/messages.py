"""What the operator pointed at."""

from textual.message import Message


class ConnectionPicked(Message):
    """A connection; `host` is the end of it, None: no end in particular."""

    def __init__(self, connection: int, host: str | None = None) -> None:
        super().__init__()
        self.connection = connection
        self.host = host


class SegmentPicked(Message):
    """A segment, by its id."""

    def __init__(self, segment: int) -> None:
        super().__init__()
        self.segment = segment


class LessonsWanted(Message):
    """The run may end: a lesson is to be chosen."""


class ActionPicked(Message):
    """What stands for an action was clicked."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
