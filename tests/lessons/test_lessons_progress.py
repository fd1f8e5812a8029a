"""Where lessons were left: kept, whole, whatever the file was."""

from pathlib import Path

import pytest

from sockviz.errors import UserError
from sockviz.lessons import progress
from sockviz.lessons.scene import Bookmark, Prediction

LEFT = Bookmark(step="syn", predictions={"connect": Prediction(1, 0)}, finished=False)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lessons.json"
    assert progress.load(path) == {}
    progress.save(path, "handshake", LEFT)
    progress.save(path, "accept", Bookmark(step="order", finished=True))
    progress.save(path, "accept", Bookmark(step="woken"))
    assert progress.load(path) == {"handshake": LEFT, "accept": Bookmark(step="woken")}
    assert [one.name for one in path.parent.iterdir()] == ["lessons.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"handshake": 1}', b"\xff", b'{"a": {"step": 2}}'])
def test_a_file_that_is_none_counts_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lessons.json"
    path.write_bytes(content)
    assert progress.load(path) == {}
    progress.save(path, "handshake", LEFT)
    assert progress.load(path) == {"handshake": LEFT}


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="can't remember where the lesson was left"):
        progress.save(tmp_path / "file" / "lessons.json", "handshake", LEFT)


def test_where_it_stands() -> None:
    assert progress.default_path({"XDG_STATE_HOME": "/x"}) == Path("/x/sockviz/lessons.json")
    home = Path.home() / ".local/state/sockviz/lessons.json"
    assert progress.default_path({}) == progress.default_path({"XDG_STATE_HOME": "relative"}) == home
