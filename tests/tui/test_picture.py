"""One key keeps what is on the screen."""

import html
import re
from xml.etree import ElementTree as ET

from rich.cells import cell_len
from staging import recorded, screen_text, sent, staged, up_to
from textual.app import App, ComposeResult
from textual.widgets import Static

from sockviz.tui.picture import picture

SYN_HELD = up_to(recorded("by-hand-lab"), sent(1))


def words(drawn):
    """The text of a picture, without its spaces."""
    root = ET.fromstring(drawn)  # noqa: S314 - our own
    return re.sub(r"\s", "", "".join(root.itertext()))


async def test_a_key_saves_the_screen_and_says_where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with staged(SYN_HELD) as pilot:
        shown = re.sub(r"\s", "", screen_text(pilot.app).splitlines()[3])
        await pilot.press("S")
        await pilot.pause()
        (file,) = tmp_path.iterdir()
        assert f"Saved as {file.name}" in screen_text(pilot.app)
        assert shown in words(file.read_text(encoding="utf-8"))
        await pilot.press("S", "S")
        await pilot.pause()
        assert len(list(tmp_path.iterdir())) == 3, "nothing is replaced"
        await pilot.press("tab")
        await pilot.pause()
        assert "Saved as" not in screen_text(pilot.app)


async def test_where_nothing_can_be_written_it_says_so(tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    async with staged(SYN_HELD) as pilot:
        await pilot.press("S")
        await pilot.pause()
        assert "can't be written here: No such file or directory" in screen_text(pilot.app)
        assert pilot.app.is_running


async def test_a_picture_needs_nothing_from_outside():
    async with staged(SYN_HELD) as pilot:
        made = picture(pilot.app)
    assert not re.search(r"@font-face|@import|href|<script|url\((?!#)", made)
    assert re.findall(r"https?://[^\s\"]+", made.replace("http://www.w3.org/2000/svg", "")) == [
        "https://www.textualize.io"
    ], "a comment"


class Wide(App[None]):
    """Shows a line in which some characters take two cells."""

    def compose(self) -> ComposeResult:
        yield Static("三次握手 SYN", markup=False)


async def test_wide_characters_have_their_two_cells_in_a_picture():
    app = Wide()
    async with app.run_test(size=(40, 5)):
        made = picture(app)
    drawn = re.findall(r'textLength="([0-9.]+)"[^>]*>([^<]+)<', made)
    cells = {
        round(float(length) / cell_len(html.unescape(text)), 3)
        for length, text in drawn
        if cell_len(html.unescape(text))
    }
    assert any("三次握手" in text for _, text in drawn)
    assert len(cells) == 1, "every cell is as wide as any other"
