"""The stage's widgets in their places, for any size of terminal; `paint` hands a frame to all of them.

Knows no session and no key. What stands where is in furniture.tcss; here is only which of its cases it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import structs
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from sockviz.listings import Language
from sockviz.tui import status
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.registry import BY_ID, key_name
from sockviz.tui.controls import bar
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.inspector import KEYS, Inspector
from sockviz.tui.controls.layout import Cluster, Face
from sockviz.tui.controls.notice import Notice, NoticeLine
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.controls.tabs import TABS, TITLES, TabLine
from sockviz.tui.controls.transport import TransportBar
from sockviz.tui.controls.welcome import Welcome
from sockviz.tui.density import Density
from sockviz.tui.render.source import BESIDE, NAMES
from sockviz.tui.room import ROOMY
from sockviz.tui.situation import same
from sockviz.tui.status import TIMES
from sockviz.tui.translation import translated
from sockviz.tui.transport import Transport
from sockviz.tui.view import StageView
from sockviz.tui.widgets.caption import Caption
from sockviz.tui.widgets.drawing import Drawing
from sockviz.tui.widgets.host import HostPanel
from sockviz.tui.widgets.kept import Kept
from sockviz.tui.widgets.ladder import Ladder
from sockviz.tui.widgets.scrolling import Scrolling
from sockviz.tui.widgets.source import SourceView
from sockviz.tui.widgets.table import SocketTable
from sockviz.tui.widgets.wire import WireView
from sockviz.world.model import World

if TYPE_CHECKING:
    from sockviz.lessons.text import Language as Spoken

LEAST = (80, 24)
"""Columns and rows without which the stage can't be read (also live; the command checks it at the start)."""
WIDE = 118
"""Columns from which on the table may have more than half of them."""
SOURCE: Final = "source"
PYTHON: Final = "python"
C: Final = "c"
STAGE = "stage"
"""The tab of neither: hosts and wire have the whole screen."""


def _key(action: str) -> str:
    """An action's key."""
    return key_name(BY_ID[action].keys[0])


class Shows(Protocol):
    """A widget that draws the view."""

    def show(self, view: StageView) -> None:
        """Draw this, if it differs from what is drawn."""


class Bare(Kept, Horizontal):
    """Holds widgets side by side."""


class Furniture(Kept, Vertical):
    """Top to bottom: status, hosts and wire, time, ladder and table, caption, notice, buttons.

    On a projector caption and notice come before the hosts: whoever sits in the back sees no bottom rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inspecting = False
        self.density = Density.NORMAL
        self.language: Spoken = "en"
        """Of what is said; to be set before anything is mounted."""
        self._tab = ""
        self._before = ""
        """What the source took the place of."""
        self._language = 0
        self._views: Sequence[Shows] = ()
        self._bar: TransportBar | None = None
        self._rows: Sequence[ButtonRow] = ()
        self._judged: Situation | None = None
        """What the buttons and the status line were made for."""
        self._faces: dict[str, Face] = {}
        """Of the transport's buttons."""

    def compose(self) -> ComposeResult:
        """All of it; the style sheet hides what there is no room for."""
        yield Static(id="too-small")
        yield StatusLine(id="status")
        with Bare(id="hosts"):
            yield HostPanel("client", id="client")
            yield WireView(id="wire")
            yield HostPanel("server", id="server")
        yield from self._story()
        with Bare(id="time"):
            titles = {tab: translated(title, self.language) for tab, title in self._titles().items()}
            yield TabLine(titles, id="tabs")
            yield TransportBar(id="transport")
        with Bare(id="below"):
            yield Welcome(id="welcome")
            yield Ladder(id="ladder")
            yield SocketTable(id="table")
            yield self._third()
            yield Inspector(translated(KEYS, self.language), id="inspector")
        yield Caption(id="caption")
        yield NoticeLine(id="notice")
        for number in range(bar.MOST):
            yield ButtonRow(id=f"buttons-{number}")

    def _story(self) -> ComposeResult:
        """What stands below the hosts besides what happens."""
        return ()

    def _third(self) -> Widget:
        """What shares the place of ladder and table."""
        return SourceView(id=SOURCE)

    def _titles(self) -> Mapping[str, str]:
        """Of the tabs."""
        return TITLES

    def on_mount(self) -> None:
        """Find what has to be painted."""
        self.query_one(Ladder).key = _key("only")
        self._views = [one for one in self.query("*") if isinstance(one, Drawing)]
        self._bar, self._rows = self.query_one(TransportBar), list(self.query(ButtonRow))
        for view in self._views:
            if isinstance(view, Scrolling):
                # A click must not take Home and End away from the stage.
                view.can_focus = False

    @property
    def tabs(self) -> bool:
        """Ladder and table share one place."""
        return self.has_class("-tabs")

    @property
    def large(self) -> bool:
        """For a projector."""
        return self.density is Density.LARGE

    @property
    def tab(self) -> str:
        """Which one of those that share a place is shown; `STAGE`: none of them."""
        choices = self._choices()
        return self._tab if self._tab in choices else choices[0]

    def next_tab(self) -> None:
        """Show another one; `place` has to be called then."""
        choices = self._choices()
        if not (self.tabs or self.large):
            # The table stands beside the ladder.
            choices = tuple(one for one in choices if one != "table")
        at = choices.index(self.tab) if self.tab in choices else 0
        self._tab = choices[(at + 1) % len(choices)]

    def choose(self, tab: str) -> None:
        """Show this one of those that share a place; `place` has to be called then."""
        if tab in self._choices():
            self._tab = tab

    def toggle_source(self) -> None:
        """Show it, or what was shown before; `place` has to be called then."""
        if self.tab == SOURCE:
            self._tab = self._before
        else:
            self._before, self._tab = self.tab, SOURCE

    def next_language(self) -> None:
        """Python, C, both where there is room; `place` has to be called then."""
        self._language = (self._language + 1) % len(self._languages(self.size))

    def _languages(self, size: Size) -> tuple[tuple[Language, ...], ...]:
        both: tuple[tuple[Language, ...], ...] = ((PYTHON, C),) if size.width >= BESIDE else ()
        return ((PYTHON,), (C,), *both)

    @property
    def furnished(self) -> bool:
        """All is in its place; not so while the app ends."""
        return self._bar is not None and self._bar.is_attached

    @property
    def only(self) -> bool:
        """The ladder shows the chosen connection alone."""
        return self.query_one(Ladder).only_selected

    @only.setter
    def only(self, only: bool) -> None:
        self.query_one(Ladder).only_selected = only

    def _choices(self) -> tuple[str, ...]:
        """Large and on a small terminal, there is room for one thing at a time."""
        return (STAGE, *TABS) if self.large and self.tabs else TABS

    def place(self, size: Size) -> None:
        """Put everything where it belongs, for a terminal of `size`, `density`, `inspecting` and the tab."""
        small = size.width < LEAST[0] or size.height < LEAST[1]
        before = self.classes
        self.set_class(small, "-too-small", update=False)
        self.set_class(size.width < ROOMY[0] or size.height < ROOMY[1], "-tabs", update=False)
        self.set_class(size.width >= WIDE and not self.tabs, "-wide", update=False)
        self.set_class(self.inspecting, "-inspecting", update=False)
        for tab in (STAGE, *TABS):
            self.set_class(tab == self.tab, f"-tab-{tab}", update=False)
        if self.classes != before:
            self.update_node_styles()  # once for all of them: of every widget each style is looked up
        self._raise_story()
        self.query_one(TabLine).show(self.tab)
        self._place_third(size)
        if small:
            text = f"sockviz needs {LEAST[0]}{TIMES}{LEAST[1]} (now {size.width}{TIMES}{size.height})"
            text = translated(text, self.language)
            self.query_one("#too-small", Static).update(text)

    def _place_third(self, size: Size) -> None:
        """Two languages have the ladder's place, too."""
        languages = self._languages(size)
        shown = languages[min(self._language, len(languages) - 1)]
        following = languages[(languages.index(shown) + 1) % len(languages)]
        self.set_class(len(shown) > 1 and not self.inspecting, "-wide-source")
        names = translated(" and ".join(NAMES[one] for one in following), self.language)
        self.query_one(SourceView).speak(shown, f"{_key('language')} {names}")

    def _raise_story(self) -> None:
        """Caption and notice are above the hosts on a projector, else above the buttons."""
        if self.large == self.has_class("-large"):
            return
        self.set_class(self.large, "-large")
        caption, notice = self.query_one(Caption), self.query_one(NoticeLine)
        self.move_child(caption, before=self.query_one("#hosts" if self.large else "#buttons-0"))
        self.move_child(notice, after=caption)

    def scroll_page(self, direction: int) -> None:
        """What is read now, by a page down (1) or up (-1)."""
        if self.inspecting:
            inspector = self.query_one(Inspector)
            (inspector.scroll_page_down if direction > 0 else inspector.scroll_page_up)(animate=False)
        elif self.tab == SOURCE:
            self._scroll_third(direction)
        elif (self.tabs or self.large) and self.tab == "table":
            self.query_one(SocketTable).action_page(direction)
        else:
            self.query_one(Ladder).action_page(direction)

    def _scroll_third(self, direction: int) -> None:
        self.query_one(SourceView).action_page(direction)

    @property
    def columns(self) -> int:
        """How long the transport's bar is."""
        return self.query_one(TransportBar).columns

    def paint(self, view: StageView, situation: Situation, transport: Transport, notice: Notice) -> None:
        """Show a frame; each widget draws only if something of its own has changed."""
        for widget in self._views:
            widget.show(view)
        self._greet(view.world, situation)
        self._judge(situation)
        transport = structs.replace(transport, word=situation.say(transport.word))
        self.query_one(TransportBar).show(transport, self._faces, status.rate(situation.speed))
        self.query_one(NoticeLine).show(notice)

    def _judge(self, situation: Situation) -> None:
        """Show what there is to say of a situation and can be done in it, unless it is as it was."""
        if self._judged is not None and same(situation, self._judged):
            return
        self._judged = situation
        fields = list(status.parts(situation))
        self.query_one(StatusLine).show(tuple(status.brief(fields) if self.large else fields))
        self._faces = bar.transport(situation)
        for row, clusters in zip(self._rows, self._buttons(situation), strict=False):
            row.show(clusters)

    def _buttons(self, situation: Situation) -> Iterable[tuple[Cluster, ...]]:
        """Row by row."""
        return bar.rows(situation)

    def inspect(self, title: str, lines: Sequence[Text]) -> None:
        """Fill the inspector."""
        self.query_one(Inspector).show(title, lines)

    def _greet(self, world: World, situation: Situation) -> None:
        """An empty stage has nothing to draw a ladder of; `world` is the one shown."""
        empty, ready = not situation.arrows and not world.connections, world.header is not None
        self.set_class(empty, "-empty")
        if empty:
            held = not ready or world.wire.mode == "hold"
            welcome = self.query_one(Welcome)
            past, replayed = situation.past, situation.replayed
            welcome.show(situation.say, ready=ready, held=held, past=past, replayed=replayed)
