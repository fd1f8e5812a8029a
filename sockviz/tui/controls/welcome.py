"""What an empty stage says to a newcomer, in the ladder's place until there is something to draw there."""

from rich.text import Text
from textual.widgets import Static

from sockviz.tui.actions.registry import BY_ID, key_name
from sockviz.tui.controls.line import palette_of

_CALLS = (
    ("accept", "the server calls accept(): now it has a descriptor"),
    ("close", "close() on the chosen end: follow the FINs"),
    ("help", "all keys"),
)
HELD = (
    ("connect", "a client calls connect(): its SYN waits on the wire"),
    ("release-next", "let the next packet go: SYN, SYN-ACK, ACK"),
    *_CALLS,
)
FLOWING = (("connect", "a client calls connect(): SYN, SYN-ACK, ACK"), *_CALLS)
"""Action → what it leads to."""


class Welcome(Static):
    """Five keys."""

    DEFAULT_CSS = "Welcome { content-align: center middle; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._text = Text()

    def show(self, *, ready: bool, held: bool) -> None:
        """`ready`: the hosts are there; `held`: the wire holds."""
        colours = palette_of(self)
        text = Text()
        text.append(
            "Press c: a client connects.\n" if ready else "Starting two kernel hosts …\n", colours.accent
        )
        for action, what in HELD if held else FLOWING:
            text.append(f"\n{key_name(BY_ID[action].keys[0]):>3}  ", colours.strong)
            text.append(f"{what:<52}", colours.text)
        if text != self._text:
            self._text = text
            self.update(text)
