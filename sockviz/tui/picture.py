"""Saves what is on the screen: a picture in a file, that needs nothing from anywhere to be looked at.

Who looks at the screen in a browser gets it there: nothing is written on the machine that it runs on.
"""

import html
import io
import re
from pathlib import Path
from typing import Any, Final

from rich.cells import cell_len
from textual.app import App

_FONT_FACES: Final = re.compile(r"@font-face\s*{[^}]*}\s*")
_TEXT: Final = re.compile(
    r'(?P<before><text [^>]*?)textLength="(?P<length>[0-9.]+)"(?P<after>[^>]*>)(?P<text>[^<]*)</text>'
)
_MONO: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"
_MOST: Final = 100
"""Pictures of one moment."""


def picture(app: App[Any], title: str = "sockviz") -> str:
    """The screen as SVG, in fonts that the reader has: what Textual makes, without its links to fonts."""
    made = _FONT_FACES.sub("", app.export_screenshot(title=title))
    made = _TEXT.sub(_stretched, made)
    return made.replace("font-family: Fira Code, monospace", f"font-family: {_MONO}")


def _stretched(match: re.Match[str]) -> str:
    """Wide characters get the two cells that they have on the screen."""
    text = html.unescape(match["text"])
    if not text or text.isascii():
        return match[0]
    length = float(match["length"]) / len(text) * cell_len(text)
    return f'{match["before"]}textLength="{length:g}"{match["after"]}{match["text"]}</text>'


def save(app: App[Any], moment: str) -> str:
    """Write the picture to `sockviz-MOMENT.svg` in the working directory, or give it to the browser.

    Nothing that is there is replaced.

    Returns:
        One sentence: where it is, or why it is nowhere.
    """
    name = f"sockviz-{re.sub(r'[^0-9]+', '-', moment).strip('-')}"
    if app.is_web:
        data = io.BytesIO(picture(app).encode())
        app.deliver_binary(data, save_filename=f"{name}.svg", mime_type="image/svg+xml")
        return f"Your browser saves it as `{name}.svg`."
    for number in range(_MOST):
        path = Path(f"{name}-{number}.svg" if number else f"{name}.svg")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(picture(app))
        except FileExistsError:
            continue
        except OSError as error:
            return f"The picture can't be written here: {error.strerror}."
        return f"Saved as `{path}`."
    return f"There are {_MOST} pictures of this moment already."
