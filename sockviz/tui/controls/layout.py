"""Where the buttons of a row go, and how much each may say. Pure geometry: no textual."""

from collections.abc import Iterator, Sequence

import msgspec
from rich.cells import cell_len


class Face(msgspec.Struct, frozen=True):
    """A button as it is to look now."""

    action: str
    key: str
    label: str
    short: str
    why_not: str | None = None
    """None: it can be pressed."""
    help: str = ""


class Cluster(msgspec.Struct, frozen=True):
    """Buttons that belong together, with a word before them."""

    title: str
    faces: tuple[Face, ...]
    named: bool = False
    """The title says something that the buttons don't: it is never left out."""


class Placed(msgspec.Struct, frozen=True):
    """A piece of a row: a title (no face) or a button, on columns [begin, end)."""

    begin: int
    end: int
    text: str
    """A title, or a button's label."""
    face: Face | None = None
    padded: bool = True
    """A button has a blank column at both sides."""
    named: bool = False
    """A title that says something (see `Cluster`)."""


class Fit(msgspec.Struct, frozen=True):
    """One way to save room."""

    short: bool
    padded: bool
    titles: bool


FITS = (Fit(short=False, padded=True, titles=True), Fit(short=True, padded=True, titles=True),
        Fit(short=True, padded=True, titles=False), Fit(short=True, padded=False, titles=False))  # fmt: skip
"""From roomy to tight."""


def place(clusters: Sequence[Cluster], width: int) -> tuple[Placed, ...]:
    """Lay a row out in the roomiest way that fits; what doesn't fit even so is left out at the end."""
    for fit in FITS:
        row = tuple(_row(clusters, fit))
        if not row or row[-1].end <= width:
            return row
    return tuple(piece for piece in row if piece.end <= width)


def _row(clusters: Sequence[Cluster], fit: Fit) -> Iterator[Placed]:
    x = 1
    for cluster in clusters:
        title = cluster.title if fit.titles or cluster.named else ""
        if title:
            yield Placed(x, x + cell_len(title), title, named=cluster.named)
            x += cell_len(title) + 1
        for face in cluster.faces:
            label = face.short if fit.short else face.label
            wide = cell_len(face.key) + (1 + cell_len(label) if label else 0) + (2 if fit.padded else 0)
            yield Placed(x, x + wide, label, face, fit.padded)
            x += wide + 1
        x += 1
