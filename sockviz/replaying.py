"""`sockviz replay`: a recording or a capture on the stage, or its events on standard output."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sockviz.arguments import Replay
from sockviz.errors import UserError, printable
from sockviz.events import AnyEvent, Header, encode
from sockviz.lessons.text import chosen
from sockviz.recording.capture.packets import is_capture
from sockviz.recording.files import events_of

if TYPE_CHECKING:
    from sockviz.recording.capture.catalogue import CaptureConnection
    from sockviz.session.source import Source

_BATCH: Final = 256


def replay(request: Replay) -> int:
    """Replay what `request` names; returns the exit status.

    Raises:
        UserError: it can't be read, there is no such connection, or (on the stage) no terminal.
        BrokenPipeError: nobody reads standard output any more.
    """
    capture = is_capture(request.recording)
    if request.connection is not None and not capture:
        raise UserError(
            f"{request.recording} is no capture: --connection can't be given with it", "leave it out"
        )
    if request.headless:
        return _print(request)
    return _stage(request, capture=capture)


def _print(request: Replay) -> int:
    """Print the events; of what is cut off up to the cut, and standard error says so."""
    notices: list[str] = []
    lines: list[bytes] = []
    try:
        for event in _events(request, notices):
            lines.append(encode(event))
            if len(lines) == _BATCH:
                _write(lines)
    finally:
        _write(lines)
    for notice in notices:
        sys.stderr.write(printable(f"sockviz: {notice}") + "\n")
    return 0


def _write(lines: list[bytes]) -> None:
    """Print `lines`, and be done with them at once."""
    try:
        sys.stdout.buffer.write(b"".join(lines))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"can't write to standard output: {error.strerror}", kind="unwritable") from error
    finally:
        lines.clear()


def _events(request: Replay, notices: list[str]) -> Iterator[AnyEvent]:
    if request.connection is None:
        return events_of(request.recording, notices.append)
    from sockviz.recording.capture.events import capture_events  # noqa: PLC0415 - few need it

    chosen = _connection(request.recording, request.connection)
    return capture_events(request.recording, chosen, notice=notices.append)


def _connection(path: Path, number: int) -> "CaptureConnection":
    """Connection `number` of a capture.

    Raises:
        UserError: there is none.
    """
    from sockviz.recording.capture.catalogue import summarise  # noqa: PLC0415 - few need it

    connections = summarise(path).connections
    if number > len(connections):
        raise UserError(f"{path} has {len(connections)} connections: there is no number {number}")
    return connections[number - 1]


def _stage(request: Replay, *, capture: bool) -> int:
    """What can't be read is said before there is a screen."""
    from sockviz import terminal  # noqa: PLC0415

    source = _source(request, capture=capture)
    terminal.check()
    terminal.guard()
    return _play(request, source)


def play(request: Replay) -> int:
    """Show what `request` names on the screen that there is; returns the exit status.

    Raises:
        UserError: it can't be read, or there is no such connection.
    """
    return _play(request, _source(request, capture=is_capture(request.recording)))


def look_at(request: Replay) -> None:
    """See that it can be shown.

    Raises:
        UserError: as `replay`.
    """
    source = _source(request, capture=is_capture(request.recording))
    if source is not None:
        source.kill()


def _play(request: Replay, source: "Source | None") -> int:
    path, language = request.recording, chosen(request.language)
    if source is None:
        from sockviz.tui import captures  # noqa: PLC0415

        return captures.run(path, theme=request.theme, projector=request.projector, language=language)
    from sockviz.onscreen import app_for  # noqa: PLC0415
    from sockviz.tui import app  # noqa: PLC0415

    header: Header | None = getattr(source, "header", None)
    recorded = (header.source, "programs" in header.capabilities) if header is not None else ("", False)
    kind, starting = app_for(recorded[0], programs=recorded[1]), f"reading {path.name} …"
    return app.run(
        kind,
        lambda: source,
        starting=starting,
        theme=request.theme,
        projector=request.projector,
        language=language,
    )


def _source(request: Replay, *, capture: bool) -> "Source | None":
    """What is to be shown; None: it has to be chosen first."""
    if not capture:
        from sockviz.session.replay import Replay as Recording  # noqa: PLC0415

        return Recording(request.recording)
    from sockviz.session.captured import Captured  # noqa: PLC0415

    if request.connection is None:
        return None
    return Captured(request.recording, _connection(request.recording, request.connection))
