"""Where the learner left each lesson: one small file in the user's state directory, replaced as a whole.

It holds nothing but ids and numbers. A file that can't be read counts as none; nothing else is ever lost.
"""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from sockviz.errors import UserError

if TYPE_CHECKING:
    from sockviz.lessons.scene import Bookmark

LARGEST: Final = 1_000_000
"""Bytes; a larger file is not ours."""


@cache
def _bookmarks() -> "msgspec.json.Decoder[dict[str, Bookmark]]":
    from sockviz.lessons.scene import Bookmark  # noqa: PLC0415  where it stands is known without

    return msgspec.json.Decoder(dict[str, Bookmark])


def default_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where it stands: in `$XDG_STATE_HOME`, else `~/.local/state` (XDG Base Directory Specification)."""
    given = environment.get("XDG_STATE_HOME", "")
    state = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return state / "sockviz" / "lessons.json"


_OURS: "Final[dict[str, Bookmark]]" = {}
"""What nobody keeps: it is forgotten with this process."""


def load(path: Path | None) -> "dict[str, Bookmark]":
    """Lesson → where it was left; `path` None: by who uses this process."""
    if path is None:
        return dict(_OURS)
    try:
        with path.open("rb") as file:
            return _bookmarks().decode(file.read(LARGEST))
    except (OSError, ValueError, msgspec.DecodeError):
        return {}


def save(path: Path | None, lesson: str, bookmark: "Bookmark") -> None:
    """Remember where `lesson` was left; the others stay as they are. `path` None: as long as this process.

    Raises:
        UserError: the file can't be written (kind `unwritable`).
    """
    if path is None:
        _OURS[lesson] = bookmark
        return
    known = load(path) | {lesson: bookmark}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, msgspec.json.encode(known) + b"\n")
    except OSError as error:
        raise UserError(
            f"can't remember where the lesson was left: {path}: {error.strerror}",
            "set XDG_STATE_HOME to a directory that you may write to",
            "unwritable",
        ) from None


def _replace(path: Path, data: bytes) -> None:
    """Whoever reads meanwhile sees the old file or the new one, whole."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
