"""A real browser at the link of a real `sockviz serve`, and a picture of what it shows."""
# ruff: noqa: INP001 - a script's part, no module

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1] / "tests"
sys.path += [str(TESTS / name) for name in ("cli", "terminal", "export", "serve")]

from browser import Browser, browsing  # noqa: E402 - they are found now
from served_by import serving  # noqa: E402


@dataclass(frozen=True)
class ServedPicture:
    """One file."""

    name: str
    window: tuple[int, int] = (1280, 800)


PICTURES: Final = (ServedPicture("browser"),)


def photograph(picture: ServedPicture, path: Path) -> None:
    """One connection waits to be accepted; the final ACK of the next one is held."""
    with tempfile.TemporaryDirectory() as place, serving() as server, browsing(Path(place)) as browser:
        browser.visit(server.link, picture.window)
        browser.see("Press c")
        _connect(browser, 1)
        browser.type("n")
        browser.see("accept queue 1/3")
        _connect(browser, 2)
        browser.see("client believes", "held 3 s")
        browser.screenshot(path)


def _connect(browser: Browser, number: int) -> None:
    """As far as its final ACK, which is held."""
    browser.type("c")
    for held in ("SYN", "SYN-ACK"):
        browser.see(f"{number} {held} held")
        browser.type("n")
    browser.see(f"{number} ACK held")
