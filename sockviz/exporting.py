"""`sockviz export`: a recording in, something else out. What it looks like is `sockviz.export`'s."""

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sockviz.errors import UserError, printable
from sockviz.events import AnyEvent
from sockviz.recording.reader import read

WIDTH: Final = 100
"""Columns of a text that is not printed on a terminal."""


def export(recording: Path, to: str, out: Path | None) -> int:
    """Write `recording` as `to` to `out` (None: standard output); returns the exit status.

    A recording that is cut off is exported up to the cut, and standard error says so.

    Raises:
        UserError: the recording can't be read, or the output not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    notices: list[str] = []
    # All of it before the first line is written: a bad recording leaves what OUT holds alone.
    text = "".join(line + "\n" for line in _lines(read(recording, notices.append), to, _columns(out)))
    try:
        if out is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            out.write_text(text, encoding="utf-8")
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise UserError(
            f"can't write {out or 'standard output'}: {reason}", "use -o OUT", "unwritable"
        ) from error
    for notice in notices:
        sys.stderr.write(printable(f"sockviz: {notice}") + "\n")
    return 0


def _lines(events: Iterable[AnyEvent], to: str, columns: int) -> Iterable[str]:
    """Only what is asked for is imported."""
    match to:
        case "states":
            from sockviz.export.states import lines  # noqa: PLC0415

            return lines(events)
        case "mermaid":
            from sockviz.export import mermaid  # noqa: PLC0415

            return mermaid.render(events)
        case _:
            from sockviz.export import text  # noqa: PLC0415

            return text.render(events, columns)


def _columns(out: Path | None) -> int:
    """How wide a text may be."""
    on_terminal = out is None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if on_terminal else WIDTH
