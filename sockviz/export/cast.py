"""`export --to cast`: frames of the screen as an asciinema recording, version 2, with markers.

https://docs.asciinema.org/manual/asciicast/v2/: a header, then `[seconds, "o", what is written]` for output
and `[seconds, "m", label]` for a marker, one JSON array a line. Nothing here knows how a frame is made.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from typing import Final, TypeAlias

from sockviz import harmless
from sockviz.events import AnyEvent, Header, Marked
from sockviz.export.story import Story
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

IDLE: Final = 2.0
"""Seconds that the picture stands still at most; where more passed the rest is left out."""
_LAST: Final = 2.0
"""Seconds that the last picture stands."""
_MARK_WEIGHT: Final = 2


Frame: TypeAlias = tuple[float, int, Sequence[tuple[int, int, str]]]
"""(seconds since the first frame, the playhead in ns, what is new: row, column, text with its escapes)."""


def marks(story: Story) -> list[tuple[int, str]]:
    """(t, label): what the operator marked or did to the wire, and what must not be missed."""
    found = [*story.notes, *((one.t, one.text) for one in story.narrations if one.weight >= _MARK_WEIGHT)]
    return sorted(dict.fromkeys((t, harmless.replaced(text)) for t, text in found))


def marks_of_watching(events: Iterable[AnyEvent]) -> list[tuple[int, str]]:
    """(t, label): what was marked, and where drops were first seen, with their cause."""
    watch, found, known = Watch(), [], set()
    for event in events:
        fold(watch, event)
        if isinstance(event, Marked):
            found.append((watch.t, event.text))
        for finding in watch.findings:
            if (key := (finding.t, finding.kind, finding.listener)) not in known:
                known.add(key)
                found.append((watch.t, finding.text))  # as it was told then: it grows
    return [(t, harmless.replaced(text)) for t, text in found]


async def cast(
    frames: AsyncIterable[Frame],
    size: tuple[int, int],
    header: Header | None,
    marked: Iterable[tuple[int, str]],
) -> AsyncIterator[str]:
    """The lines of the recording, without line ends.

    Args:
        frames: In order of time.
        size: Columns and rows.
        header: Of the run.
        marked: What `marks` or `marks_of_watching` gives; each becomes a marker when the playhead is there.
    """
    yield json.dumps(_header(size, header), ensure_ascii=False)
    waiting = list(marked)
    at, before = 0.0, 0.0
    begun = False
    async for shown, now, patches in frames:
        at += min(shown - before, IDLE)
        before = shown
        if patches:
            yield _line(at, "o", _written(patches, first=not begun))
            begun = True
        while waiting and waiting[0][0] <= now:
            yield _line(at, "m", waiting.pop(0)[1])
    yield _line(at + _LAST, "o", "")


def _header(size: tuple[int, int], header: Header | None) -> dict[str, object]:
    made: dict[str, object] = {"version": 2, "width": size[0], "height": size[1]}
    if header is not None:
        if header.wall_clock:
            made["timestamp"] = header.wall_clock // 1_000_000_000
        made["title"] = harmless.replaced(
            " · ".join(filter(None, (header.made_by, header.source, header.kernel)))
        )
    return made | {"env": {"TERM": "xterm-256color"}}


def _written(patches: Iterable[tuple[int, int, str]], *, first: bool) -> str:
    """What brings a terminal from the frame before to this one; at first without a cursor."""
    begin = "\x1b[?25l\x1b[2J" if first else ""
    return begin + "".join(f"\x1b[{row + 1};{column + 1}H{text}" for row, column, text in patches)


def _line(at: float, kind: str, data: str) -> str:
    return json.dumps([round(at, 3), kind, data], ensure_ascii=False)
