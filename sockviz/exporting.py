"""`sockviz export`: a recording in, something else out. What it looks like is `sockviz.export`'s."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from sockviz.arguments import Export
from sockviz.errors import UserError, printable
from sockviz.events import AnyEvent, Header
from sockviz.recording.files import events_of

WIDTH: Final = 100
"""Columns of a text that is not printed on a terminal."""
SIZE: Final = (120, 36)
"""Columns and rows of a screen that nobody asked to have another size."""
_OF_STAGES: Final = frozenset({"mermaid", "svg", "html"})
MOST: Final = (2_000, 40_000)
"""Segments and events that are played on a screen."""


def export(request: Export) -> int:
    """Write a recording or a capture as something else to a file or standard output; returns the exit status.

    What is cut off is exported up to the cut, and standard error says so.

    Raises:
        UserError: the recording can't be read, or the output not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    notices: list[str] = []
    # All of it before the first line is written: a bad recording leaves what OUT holds alone.
    events = _for(request.to, events_of(request.recording, notices.append))
    if request.to == "pcapng":
        _write_packets(events, request.out)
    else:
        lines = _played(request, events, notices) if request.to == "cast" else _lines(request, events)
        _write("".join(line + "\n" for line in lines), request.out)
    for notice in notices:
        sys.stderr.write(printable(f"sockviz: {notice}") + "\n")
    return 0


def _for(to: str, events: Iterator[AnyEvent]) -> Iterator[AnyEvent]:
    """The events, if something can be made of this kind of run.

    Raises:
        UserError: it shows two hosts, or a stage, and there is none.
    """
    first = next(events, None)
    if isinstance(first, Header) and first.source == "watch" and to in _OF_STAGES:
        raise UserError(
            f"a recording of `sockviz watch` has no stage that --to {to} could show",
            "use --to cast, states, text or pcapng; sockviz replay shows it",
        )
    return events if first is None else chain((first,), events)


def _write_packets(events: Iterator[AnyEvent], out: Path | None) -> None:
    from sockviz.export.pcapng import blocks  # noqa: PLC0415 - only what is asked for

    if out is None and sys.stdout.isatty():
        raise UserError("pcapng is no text for a terminal", "use -o OUT", "unwritable")
    _write(b"".join(blocks(events)), out)


def _write(content: str | bytes, out: Path | None) -> None:
    try:
        if out is None:
            _print(content)
        elif isinstance(content, str):
            out.write_text(content, encoding="utf-8")
        else:
            out.write_bytes(content)
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise UserError(
            f"can't write {out or 'standard output'}: {reason}", "use -o OUT", "unwritable"
        ) from error


def _print(content: str | bytes) -> None:
    if isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.buffer.write(content)
    sys.stdout.flush()


def _lines(request: Export, events: Iterable[AnyEvent]) -> Iterable[str]:
    """Only what is asked for is imported."""
    match request.to:
        case "states":
            from sockviz.export.states import lines  # noqa: PLC0415

            return lines(events)
        case "mermaid":
            from sockviz.export import mermaid  # noqa: PLC0415

            return mermaid.render(events)
        case "svg":
            from sockviz.export.svg import document  # noqa: PLC0415

            return document.render(events, request.theme or "light", captions=request.captions)
        case "html":
            from sockviz.export.html import page  # noqa: PLC0415

            return page.render(events)
        case _:
            from sockviz.export import text  # noqa: PLC0415

            return text.render(events, _columns(request.out))


def _played(request: Export, events: Iterable[AnyEvent], notices: list[str]) -> list[str]:
    """What the screen shows while it plays the events."""
    import asyncio  # noqa: PLC0415

    from sockviz.export.cast import cast, marks, marks_of_watching  # noqa: PLC0415
    from sockviz.export.excerpt import Excerpt  # noqa: PLC0415
    from sockviz.export.story import tell  # noqa: PLC0415
    from sockviz.tui.cast import Recital  # noqa: PLC0415

    excerpt, size = Excerpt(events, *MOST), request.size or SIZE
    kept = list(excerpt)
    recital = Recital(request.recording.name, kept, size=size, theme=request.theme)
    header = next((one for one in kept[:1] if isinstance(one, Header)), None)
    watched = header is not None and header.source == "watch"
    marked = marks_of_watching(kept) if watched else marks(tell(kept))

    async def play() -> list[str]:
        return [line async for line in cast(recital.frames(), size, header, marked)]

    lines = asyncio.run(play())
    if rest := excerpt.said() or recital.rest:
        notices.append(rest)
    return lines


def _columns(out: Path | None) -> int:
    """How wide a text may be."""
    on_terminal = out is None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if on_terminal else WIDTH
