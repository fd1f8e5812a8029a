"""Listeners that are watched closely: queues, states, waits, why they drop, and every connection of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from sockviz.tui.actions.action import Situation, Watched
from sockviz.tui.actions.watch import CLOSELY
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.inspector import Inspector
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.notice import NoticeLine
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.controls.tabs import TabLine
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.watch import bar, hints
from sockviz.tui.watch.attention import Attention
from sockviz.tui.watch.filtering import EXAMPLE, Sorting, query
from sockviz.tui.watch.lists import ChosenListeners, ConnectionTable
from sockviz.tui.watch.render import details, finding
from sockviz.tui.watch.render.connections import NUMBERS, SORTS
from sockviz.tui.watch.rows import Selected
from sockviz.tui.watch.screen import WatchScreen, bindings
from sockviz.tui.watch.view import TABS, WatchView
from sockviz.tui.watch.widgets import Dashboard, FindingView, RowList, Unseen
from sockviz.world.watch.history import STATES
from sockviz.world.watch.model import Watch

TITLES = {"queues": " Queues ", "states": " States ", "table": " Table "}
MOST_LISTENERS = 4
"""Lines for those that are watched; more are scrolled."""


class CloselyScreen(WatchScreen):
    """What is watched closely."""

    offered = CLOSELY
    plans = (bar.CLOSELY, bar.SMALL)
    numbers = NUMBERS
    BINDINGS = bindings(CLOSELY)

    def __init__(self, attention: Attention, clock: Callable[[], int]) -> None:
        super().__init__(attention, clock, hints.of_one)
        self._waiting = False
        self._states: frozenset[str] = frozenset()
        self._tab = TABS[0]
        self._open = ""
        """What is read beside the rows: `connection`, `findings`, `unseen`."""
        self._selected = Selected()

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        with Vertical(id="watch"):
            yield StatusLine(id="status")
            yield ChosenListeners()
            yield FindingView()
            with Horizontal(id="time"):
                yield TabLine(TITLES, id="watch-tabs")
                yield TransportBar(without=bar.WITHOUT)
            yield Dashboard()
            words = Input(placeholder=EXAMPLE)
            words.cursor_blink = False
            yield words
            with Horizontal(id="rows"):
                yield ConnectionTable()
                yield Inspector("PgUp PgDn scroll · Esc closes")
            yield Unseen()
            yield NoticeLine()
            for _ in range(bar.ROWS):
                yield ButtonRow()

    @property
    def _main(self) -> RowList[object]:
        return cast("RowList[object]", self.query_one(ConnectionTable))

    # what can be done

    def do_list_all(self, _: int) -> None:
        """Back to the list, which is below."""
        self.app.pop_screen()

    def do_next_listener(self, _: int) -> None:
        """Of several."""
        self._attention.next()

    def on_chosen_listeners_chosen(self, message: ChosenListeners.Chosen) -> None:
        """One was clicked."""
        self._attention.look_at(message.local)
        self.wake()

    def do_waiting(self, _: int) -> None:
        """Only those, or all."""
        self._waiting = not self._waiting
        self._show_table()

    def do_state(self, number: int) -> None:
        """Only that one, or all."""
        self._states = self._states ^ {STATES[number - 1]}
        self._show_table()

    def do_inspect(self, _: int) -> None:
        """The connection under the cursor."""
        self._read("connection")
        self._show_table()

    def do_findings(self, _: int) -> None:
        """All of them in full."""
        self._read("findings")

    def do_unseen(self, _: int) -> None:
        """What this level can't show."""
        self._read("unseen")

    def _read(self, what: str) -> None:
        """Open it, or close it."""
        self._open = "" if self._open == what else what

    def do_next_tab(self, _: int) -> None:
        """Of those that share a place."""
        self._tab = TABS[(TABS.index(self._tab) + 1) % len(TABS)]

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """A tab was clicked."""
        self._tab = message.tab
        self._arrange()

    def _show_table(self) -> None:
        """Where there is room for one thing only, it is that one."""
        if self.has_class("-tabs") or self._attention.large:
            self._tab = "table"

    def do_filter(self, number: int) -> None:
        """Type what is to be listed."""
        self._show_table()
        self._arrange()
        super().do_filter(number)

    def do_span(self, direction: int) -> None:
        """Plot a longer or a shorter time."""
        self._attention.stretch(direction)

    def do_back(self, _: int) -> None:
        """Close what is open, then show all rows, then the list."""
        if self._open:
            self._open = ""
        elif self.typed or self.has_class("-filtering") or self._states or self._waiting:
            self._unfilter()
            self._states, self._waiting = frozenset(), False
        else:
            self.do_list_all(0)

    def _sortable(self, key: str) -> bool:
        return key in SORTS

    def scroll(self, direction: int) -> None:
        """What is read, else the rows, by a page."""
        if self._open:
            inspector = self.query_one(Inspector)
            (inspector.scroll_page_down if direction > 0 else inspector.scroll_page_up)(animate=False)
        else:
            super().scroll(direction)

    def on_row_list_opened(self) -> None:
        """The second click on a row."""
        self.action_do("watch-inspect")

    def on_row_list_pointed(self) -> None:
        """Look into another one."""
        self.wake()

    # frames

    def _arrange(self) -> None:
        self.set_class(bool(self._open), "-reading")
        self.set_class(self._open in {"findings", "unseen"}, "-at-length")
        for tab in TABS:
            self.set_class(tab == self._tab, f"-tab-{tab}")
        self.query_one(TabLine).show(self._tab)
        super()._arrange()

    def _follow(self, watch: Watch) -> bool:
        attention = self._attention
        if watch.chosen != attention.followed:
            attention.followed = watch.chosen
            if not watch.chosen:
                self.pop_until_active()
                self.app.pop_screen()
                return True
        attention.settle()
        return False

    def _view(self, watch: Watch) -> WatchView:
        return replace(super()._view(watch), focus=self._attention.focus, states=self._states, tab=self._tab)

    def _look(self) -> Situation:
        watch, rows = self._watching.watch, self.query_one(ConnectionTable)
        watched = Watched(
            rows=rows.count,
            pointed=rows.chosen is not None,
            sort=self._order,
            filtered=bool(self.typed or self._states or self._waiting),
            waiting=self._waiting,
            chosen=len(watch.chosen),
            findings=len(self._watching.timeline.edge.findings),
            open=bool(self._open),
        )
        return self._attention.situation(watched)

    def _paint(self, view: WatchView) -> None:
        watch = view.watch
        head = self.query_one(ChosenListeners)
        head.styles.height = 1 + max(1, min(len(watch.chosen), MOST_LISTENERS))
        head.fill(view, [watch.listeners[local] for local in watch.chosen if local in watch.listeners], "",
                  descending=False)  # fmt: skip
        head.point(view.focus)
        self.query_one(Dashboard).show(view)
        wanted = query(
            self.typed, self._states, Sorting(self._order, self._descending), waiting=self._waiting
        )
        rows = self._selected.rows(watch, view.focus, wanted, self._clock())
        self.query_one(ConnectionTable).fill(view, rows, self._order, descending=self._descending)
        if self._open:
            self._inspect(view)

    def _inspect(self, view: WatchView) -> None:
        colours, inspector = palette_of(self), self.query_one(Inspector)
        if self._open == "findings":
            inspector.show("why drops", finding.all_findings(view.watch, view.now, colours))
        elif self._open == "unseen":
            inspector.show("what is not seen", details.unseen(view.watch, colours))
        else:
            chosen = self.query_one(ConnectionTable).chosen
            if chosen is None:
                inspector.show("nothing is listed", ())
            else:
                inspector.show(details.title(chosen), details.connection(chosen, view, colours))
