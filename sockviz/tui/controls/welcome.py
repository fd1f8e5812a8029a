"""What an empty stage says to a newcomer, in the ladder's place until there is something to draw there."""

from collections.abc import Callable

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from sockviz.errors import printable
from sockviz.tui.actions.registry import BY_ID, key_name
from sockviz.tui.controls.line import palette_of

_CALLS = (
    ("accept", "accept(): the server gets a descriptor"),
    ("close", "close() on the chosen end: follow the FINs"),
    ("help", "all keys"),
)
HELD = (
    ("connect", "connect(): a client's SYN waits on the wire"),
    ("release-next", "let the next packet go: SYN, SYN-ACK, ACK"),
    *_CALLS,
)
FLOWING = (("connect", "connect(): a client's SYN, SYN-ACK, ACK"), *_CALLS)
REPLAYED = (
    ("play", "play, or stand still"),
    ("forward", "go on to the next event, as far as there is one"),
    ("segment-forward", "… to the next segment, and { to the one before"),
    ("now", "go to the end"),
    ("help", "all keys"),
)
"""Action → what it leads to."""


class Welcome(Static):
    """Five keys."""

    DEFAULT_CSS = "Welcome { content-align: center middle; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._text = Text()

    def show(self, say: Callable[[str], str], *, ready: bool, held: bool, past: bool, replayed: str) -> None:
        """`ready`: the hosts are there; `held`: the wire holds; `past`: an earlier moment is shown.

        `replayed`: the recording that is shown; `say`: says it in the language of the view.
        """
        colours = palette_of(self)
        text = Text()
        said = "Press c: a client connects." if ready else "Starting two kernel hosts …"
        if replayed:
            said = f"{printable(replayed)}: nothing has been sent so far."
        elif past:
            said = "Nothing had been sent by then."
        text.append(say(said) + "\n", colours.accent)
        lines = [
            (action, say(what))
            for action, what in (REPLAYED if replayed or past else HELD if held else FLOWING)
        ]
        longest = max(cell_len(what) for _, what in lines)
        for action, what in lines:
            text.append(f"\n{key_name(BY_ID[action].keys[0]):>5}  ", colours.strong)
            text.append(what + " " * (longest - cell_len(what)), colours.text)
        if text != self._text:
            self._text = text
            self.update(text)
