"""The list of a capture's connections as text: what columns there is room for, what stands in them. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from sockviz.recording.capture.catalogue import CaptureConnection, Ending
from sockviz.recording.capture.choosing import Order
from sockviz.tui.render.canvas import width_of
from sockviz.world.labels import duration

GAP: Final = 2
ENDPOINT: Final = len("255.255.255.255:65535")
"""Columns that an endpoint has at least, before other columns go; an IPv6 address may need more."""
LONGEST: Final = len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")
BAD: Final = frozenset({Ending.RESET, Ending.REFUSED, Ending.UNANSWERED, Ending.HALF_OPEN})
"""Endings that somebody may be looking for."""


class Column(msgspec.Struct, frozen=True):
    """One thing that is told of each connection."""

    order: Order
    title: str
    text: Callable[[CaptureConnection], str]
    width: int = 0
    """0: as much as there is."""
    left: bool = False
    """Aligned to the left."""
    rank: int = 0
    """Columns of a higher rank go first where there is no room."""


class Placed(msgspec.Struct, frozen=True):
    """A column on [begin, end)."""

    column: Column
    begin: int
    end: int

    def fitted(self, text: str) -> str:
        """`text` as it stands in the column; what is too long is cut in its middle."""
        room = self.end - self.begin
        if width_of(text) > room:
            text = text[: (room - 1) // 2] + "…" + text[len(text) - room // 2 :]
        blank = " " * (room - width_of(text))
        return text + blank if self.column.left else blank + text


def _handshake(connection: CaptureConnection) -> str:
    return {"full": "whole", "partial": "in part", "none": "before"}[connection.handshake]


def _again(connection: CaptureConnection) -> str:
    return f"{connection.retransmissions:,}" if connection.retransmissions else ""


COLUMNS: Final = (
    Column("number", "#", lambda c: str(c.number), 6),
    Column("client", "client", lambda c: c.client, left=True),
    Column("server", "server", lambda c: c.server, left=True),
    Column("first", "began", lambda c: duration(c.first), 8, rank=3),
    Column("duration", "lasted", lambda c: duration(c.duration), 8),
    Column("packets", "packets", lambda c: f"{c.packets:,}", 9, rank=1),
    Column("bytes", "bytes", lambda c: f"{c.bytes:,}", 11),
    Column("retransmissions", "again", _again, 7, rank=4),
    Column("handshake", "handshake", _handshake, 11, left=True, rank=2),
    Column("ending", "ended", lambda c: str(c.ending), len("half-closed"), left=True),
)  # fmt: skip


def place(width: int) -> tuple[Placed, ...]:
    """The columns that there is room for."""
    columns = list(COLUMNS)
    while True:
        fixed = sum(column.width + GAP for column in columns)
        flexible = sum(not column.width for column in columns)
        share = min((width - fixed) // flexible, LONGEST)
        least = max(columns, key=lambda column: column.rank)
        if share >= ENDPOINT or not least.rank:
            return tuple(_placed(columns, max(share, 1)))
        columns.remove(least)


def _placed(columns: Sequence[Column], share: int) -> Iterator[Placed]:
    x = 1
    for column in columns:
        end = x + (column.width or share)
        yield Placed(column, x, end)
        x = end + GAP


def heading(placed: Placed, order: Order, way: Literal["▲", "▼"], say: Callable[[str], str] = str) -> str:
    """A column's title; that by which the list is sorted says which way. `say`: in the screen's language."""
    title = say(placed.column.title)
    return placed.fitted(f"{title} {way}" if placed.column.order == order else title)
