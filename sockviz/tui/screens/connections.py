"""A capture's connections, to choose one from: filter, sort, open. Reads the capture, with progress."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final

from msgspec import structs
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from sockviz.errors import UserError, printable
from sockviz.recording.capture.catalogue import CaptureConnection, Catalogue, summarise
from sockviz.recording.capture.choosing import Order, matching, ordered
from sockviz.recording.capture.progress import StoppableProgress, Stopped
from sockviz.tui.actions.registry import key_name
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.layout import Cluster, Face
from sockviz.tui.controls.notice import Notice, NoticeLine
from sockviz.tui.controls.pressing import Buttons
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.render.catalogue import place
from sockviz.tui.status import Part, Tone
from sockviz.tui.textual_themes import following
from sockviz.tui.widgets.catalogue import ConnectionList
from sockviz.world.labels import duration

KEYS: Final = (
    ("open", "enter", "open", "Show the connection on the stage."),
    ("everything", "a", "all together", "Show all connections on the stage at once."),
    ("filter", "slash", "filter", "Only those that have each word in their endpoints or in how they ended."),
    ("sort", "s", "sort by", "Sort by the next column; a click on its title does the same."),
    ("reverse", "S", "the other way", "Sort the other way round."),
    ("theme", "T", "theme", "The next theme."),
    ("quit", "q", "quit", "Leave."),
)
"""What can be done, its key, the button, and what it does."""
_STEPS: Final = 20
"""Columns of the progress."""

Choice = Callable[[CaptureConnection | None], None]
"""Is told which connection to show; None: all of them."""


class ConnectionsScreen(Screen[None], inherit_bindings=False):
    """The list."""

    AUTO_FOCUS = ""
    CSS = """
    ConnectionsScreen { background: $background; }
    ConnectionsScreen #status { background: $surface; }
    ConnectionsScreen Input {
        height: 1; border: none; padding: 0 1; background: $panel; display: none;
    }
    ConnectionsScreen.-filtering Input { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"do({name!r})", label, show=False) for name, key, label, _ in KEYS),
        *(
            Binding(key, f"move({by})", show=False)
            for key, by in (("up", -1), ("down", 1), ("home", -(10**9)), ("end", 10**9))
        ),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("escape", "unfilter", show=False),
        Binding("ctrl+c,ctrl+q", "app.quit", show=False, priority=True),
    ]

    def __init__(self, path: Path, choose: Choice, say: Callable[[str], str] = str) -> None:
        """A list.

        Args:
            path: Of the capture.
            choose: Called with what was chosen; not before everything has been read.
            say: Says it in the language of the stage; how connections ended can be filtered by, and stays.
        """
        super().__init__()
        self._say = say
        self._path = path
        self._choose = choose
        self._catalogue: Catalogue | None = None
        self._order: Order = "number"
        self._descending = False
        self._progress = StoppableProgress()

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield StatusLine(id="status")
        words = Input(placeholder=self._say("10.0.0.2 reset   or   :443   or   no handshake"))
        words.cursor_blink = False
        yield words
        yield ConnectionList(self._say)
        yield NoticeLine(id="notice")
        yield ButtonRow()

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one(ConnectionList).can_focus = False
        self._reading = self.set_interval(0.1, self._show)
        self.run_worker(self._read())
        self._show()

    def on_unmount(self) -> None:
        """Stop reading."""
        self._progress.stop()

    async def _read(self) -> None:
        try:
            self._catalogue = await asyncio.to_thread(summarise, self._path, self._progress)
        except Stopped:
            return
        finally:
            self._reading.stop()
        if not self._catalogue.connections:
            raise UserError(
                " ".join(self._catalogue.notices) or f"{self._path} has no TCP", kind="no-connections"
            )
        if len(self._catalogue.connections) == 1:
            self._choose(self._catalogue.connections[0])
        self._show()

    # what keys, clicks and words do

    def action_do(self, name: str) -> None:
        """Do what a key or a button asks for."""
        if self._catalogue is not None or name in {"quit", "theme"}:
            getattr(self, f"_{name}")()

    def on_buttons_pressed(self, message: Buttons.Pressed) -> None:
        """A button is its key."""
        self.action_do(message.action)

    def on_connection_list_opened(self, message: ConnectionList.Opened) -> None:
        """A line was chosen."""
        self._choose(message.connection)

    def on_connection_list_sorted(self, message: ConnectionList.Sorted) -> None:
        """By that column; by the same one, the other way round."""
        self._descending = not self._descending if message.order == self._order else False
        self._order = message.order
        self._show()

    def on_input_changed(self) -> None:
        """Filter while it is typed."""
        self._show()

    def on_input_submitted(self) -> None:
        """Back to the list."""
        self.set_focus(None)

    def action_move(self, by: int) -> None:
        """The cursor."""
        self.query_one(ConnectionList).move(by)

    def action_page(self, direction: int) -> None:
        """The cursor, by as much as is seen."""
        rows = self.query_one(ConnectionList)
        rows.move(direction * rows.page)

    def action_unfilter(self) -> None:
        """All of them again."""
        self.query_one(Input).value = ""
        self.remove_class("-filtering")
        self.set_focus(None)
        self._show()

    def _open(self) -> None:
        self.query_one(ConnectionList).open()

    def _everything(self) -> None:
        self._choose(None)

    def _filter(self) -> None:
        self.add_class("-filtering")
        # At once: the next keys are typed already.
        self.set_focus(self.query_one(Input))

    def _sort(self) -> None:
        orders = [placed.column.order for placed in place(self.size.width)]
        self._order = (
            orders[(orders.index(self._order) + 1) % len(orders)] if self._order in orders else orders[0]
        )
        self._descending = False
        self._show()

    def _reverse(self) -> None:
        self._descending = not self._descending
        self._show()

    def _theme(self) -> None:
        self.app.theme = following(self.app.theme)

    def _quit(self) -> None:
        self.app.exit()

    # what is shown

    def _show(self) -> None:
        words = self.query_one(Input).value
        found = matching(self._catalogue.connections, words) if self._catalogue else []
        rows = ordered(found, self._order, descending=self._descending)
        self.query_one(ConnectionList).show(rows, self._order, descending=self._descending)
        parts = (structs.replace(part, text=self._say(part.text)) for part in self._parts(len(rows)))
        self.query_one(StatusLine).show(tuple(parts))
        notice = self._notice(words, found=bool(rows))
        self.query_one(NoticeLine).show(structs.replace(notice, text=self._say(notice.text)))
        faces = tuple(
            Face(name, key_name(key), self._say(label), self._say(label), None, self._say(about))
            for name, key, label, about in KEYS
        )
        self.query_one(ButtonRow).show((Cluster("", faces),))

    def _parts(self, shown: int) -> list[Part]:
        name = [Part("sockviz", Tone.NAME), Part(f"capture {printable(self._path.name)}", Tone.STRONG)]
        if self._catalogue is None:
            done = self._progress.done
            full = round(done * _STEPS)
            return [*name, Part(f"reading {done:4.0%} {'█' * full}{'░' * (_STEPS - full)}")]
        whole = len(self._catalogue.connections)
        count = f"{shown:,} of {whole:,} connections" if shown != whole else f"{whole:,} connections"
        packets = f"{self._catalogue.packets:,} packets in {duration(self._catalogue.duration)}"
        return [*name, Part(count), Part(packets, rank=1)]

    def _notice(self, words: str, *, found: bool) -> Notice:
        if self._catalogue is None:
            return Notice("The connections are listed when all packets have been read.")
        if not found:
            return Notice(f"No connection has {printable(words)}. `Esc` shows all of them.", urgent=True)
        if self._catalogue.notices:
            return Notice(" ".join(self._catalogue.notices), urgent=True)
        return Notice("`Enter` shows a connection on the stage; `/` filters, `s` sorts.")
