"""The list of all listeners of the machine: look for one, mark several, watch them closely."""

from collections.abc import Callable
from typing import cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from sockviz.tui.actions.action import Situation, Watched
from sockviz.tui.actions.watch import LISTENERS
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.notice import NoticeLine
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.watch import bar, hints
from sockviz.tui.watch.attention import Attention
from sockviz.tui.watch.closely import CloselyScreen
from sockviz.tui.watch.lists import ListenerList
from sockviz.tui.watch.render.listeners import NUMBERS, listed, named
from sockviz.tui.watch.screen import WatchScreen, bindings
from sockviz.tui.watch.view import WatchView
from sockviz.tui.watch.widgets import FindingView, RowList, Unseen
from sockviz.world.watch.model import Watch


class ListenersScreen(WatchScreen):
    """All listeners."""

    offered = LISTENERS
    plans = (bar.LISTENERS, bar.SMALL_LIST)
    numbers = NUMBERS
    BINDINGS = bindings(LISTENERS)

    def __init__(self, attention: Attention, clock: Callable[[], int]) -> None:
        super().__init__(attention, clock, hints.of_list)
        self._order = "address"
        self._marked: dict[str, None] = {}
        self._asked: tuple[str, ...] = ()
        """What the engine was asked to watch, until it does."""

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        with Vertical(id="watch"):
            yield StatusLine(id="status")
            yield FindingView()
            yield TransportBar(without=bar.WITHOUT)
            words = Input(placeholder=":443   or   nginx   or   127.0.0.1   or   full")
            words.cursor_blink = False
            yield words
            yield ListenerList()
            yield Unseen()
            yield NoticeLine()
            for _ in range(bar.ROWS):
                yield ButtonRow()

    @property
    def _main(self) -> RowList[object]:
        return cast("RowList[object]", self.query_one(ListenerList))

    # what can be done

    def do_open(self, _: int) -> None:
        """The marked ones, else the one under the cursor."""
        here = self.query_one(ListenerList).chosen
        wanted = tuple(self._marked) or ((here.local,) if here is not None else ())
        chosen = self._watching.watch.chosen
        if wanted and set(wanted) <= set(chosen):
            self._attention.look_at(wanted[0])
            self._show_closely(chosen)
        elif self._watching.recorded:
            self._speech.tell(
                f"The recording has no connections of {named(wanted)}"
                + (f", only of {named(chosen)}." if chosen else " at this moment.")
            )
        elif wanted:
            self._asked = wanted
            self._attention.focus = wanted[0]
            self._watching.live()
            self._watching.choose(*wanted)
            self._speech.tell(f"Reading the connections of {named(wanted)} …")

    def do_mark_row(self, _: int) -> None:
        """Mark it, or take its mark away; on to the next."""
        rows = self.query_one(ListenerList)
        if rows.chosen is None:
            return
        if rows.chosen.local in self._marked:
            del self._marked[rows.chosen.local]
        else:
            self._marked[rows.chosen.local] = None
        rows.move(1)

    def do_back(self, _: int) -> None:
        """Show all again, without marks."""
        if self.typed or self.has_class("-filtering"):
            self._unfilter()
        else:
            self._marked.clear()

    def do_findings(self, _: int) -> None:
        """All of them."""
        self._read("findings")

    def do_unseen(self, _: int) -> None:
        """All of it."""
        self._read("unseen")

    def _read(self, what: str) -> None:
        from sockviz.tui.watch.reading import ReadingScreen  # noqa: PLC0415 - only when asked for

        self.app.push_screen(ReadingScreen(self._watching, what))

    def on_row_list_opened(self) -> None:
        """The second click on a row."""
        self.action_do("watch-open")

    # frames

    def _follow(self, watch: Watch) -> bool:
        if watch.chosen == self._attention.followed:
            return False
        self._attention.followed = watch.chosen
        if not watch.chosen:
            return False
        self._show_closely(watch.chosen)
        return True

    def _show_closely(self, chosen: tuple[str, ...]) -> None:
        self._attention.followed, self._asked = chosen, ()
        self._marked.clear()
        self.app.push_screen(CloselyScreen(self._attention, self._clock))

    def _look(self) -> Situation:
        watch, rows = self._watching.watch, self.query_one(ListenerList)
        watched = Watched(
            rows=rows.count,
            pointed=rows.chosen is not None,
            sort=self._order,
            filtered=bool(self.typed),
            marked=len(self._marked),
            chosen=len(watch.chosen),
            findings=len(self._watching.timeline.edge.findings),
        )
        return self._attention.situation(watched)

    def _paint(self, view: WatchView) -> None:
        rows = listed(view.watch, self.typed, self._order, descending=self._descending)
        for local in [local for local in self._marked if local not in view.watch.listeners]:
            del self._marked[local]
        self.query_one(ListenerList).fill(
            view, rows, self._order, descending=self._descending, marked=self._marked
        )
