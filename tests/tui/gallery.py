"""Draws scenes as a person sees them: `python tests/tui/gallery.py OUT [SCENE…] [--size 80x24] [--theme …]`.

Writes `OUT/SCENE-SIZE-THEME.svg` (and .png, where a converter is given by --png COMMAND).
"""

import argparse
import asyncio
import os
import subprocess
from pathlib import Path
from typing import ClassVar

from scenes import SCENES
from textual.app import App, ComposeResult

from sockviz.tui.screens.furniture import Bare
from sockviz.tui.textual_themes import THEMES
from sockviz.tui.view import StageView
from sockviz.tui.widgets.caption import Caption
from sockviz.tui.widgets.drawing import Drawing
from sockviz.tui.widgets.host import HostPanel
from sockviz.tui.widgets.ladder import Ladder
from sockviz.tui.widgets.table import SocketTable
from sockviz.tui.widgets.wire import WireView

SIZES = {"120x36": (13, 16), "80x24": (10, 5)}


class Gallery(App[None]):
    """All widgets of the stage, one scene."""

    CSS = """
    Screen { background: $background; }
    #client { width: 36fr; } #wire { width: 38fr; } #server { width: 46fr; }
    Ladder, SocketTable { width: 1fr; height: 1fr; }
    Caption { height: 3; }
    """
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(self, view: StageView, theme: str, rows: tuple[int, int], *, tabs: bool) -> None:
        super().__init__()
        self._view, self._rows, self._tabs = view, rows, tabs
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme

    def compose(self) -> ComposeResult:
        with Bare() as hosts:
            hosts.styles.height = self._rows[0]
            yield HostPanel("client", id="client")
            yield WireView(id="wire")
            yield HostPanel("server", id="server")
        with Bare() as below:
            below.styles.height = self._rows[1]
            yield Ladder()
            if not self._tabs:
                yield SocketTable()
        if self._tabs:
            with Bare() as below:
                below.styles.height = self._rows[1]
                yield SocketTable()
        yield Caption()

    def on_mount(self) -> None:
        self.call_after_refresh(self.present)

    def present(self) -> None:
        for widget in self.query(Drawing):
            widget.show(self._view)


async def picture(view: StageView, size: str, theme: str) -> str:
    """The scene as SVG."""
    width, height = map(int, size.split("x"))
    app = Gallery(view, theme, SIZES.get(size, (13, 14)), tabs=width < 110)
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        return app.export_screenshot()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("scenes", nargs="*", metavar="SCENE")
    parser.add_argument("--size", default="120x36")
    parser.add_argument(
        "--theme", default="sockviz-dark", help="sockviz-dark, sockviz-light or plain (NO_COLOR)"
    )
    parser.add_argument("--png", help="a command that takes the SVG and the PNG")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    theme = options.theme
    if theme == "plain":
        os.environ["NO_COLOR"] = "1"
    for name in options.scenes or SCENES:
        svg = options.out / f"{name}-{options.size}-{theme}.svg"
        view = SCENES[name]()
        svg.write_text(
            asyncio.run(picture(view, options.size, "sockviz-dark" if theme == "plain" else theme))
        )
        if options.png:
            subprocess.run([options.png, svg, svg.with_suffix(".png")], check=True)


if __name__ == "__main__":
    main()
