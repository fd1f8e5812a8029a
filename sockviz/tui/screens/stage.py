"""The stage: puts the widgets in their places, turns keys, clicks and messages into actions, draws frames.

It knows no key by name (the registry does), draws nothing itself and asks only the clock that it is given.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from msgspec import structs
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from sockviz.session.session import Session
from sockviz.tui import status
from sockviz.tui.actions import target
from sockviz.tui.actions.action import Action, Controls, Question, Situation
from sockviz.tui.actions.registry import ACTIONS, BY_ID, key_name
from sockviz.tui.controls import bar
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.controls.inspector import Inspector
from sockviz.tui.controls.line import palette_of
from sockviz.tui.controls.notice import Notice, NoticeLine
from sockviz.tui.controls.statusline import StatusLine
from sockviz.tui.controls.tabs import TABS, TabLine
from sockviz.tui.controls.welcome import Welcome
from sockviz.tui.frames import Frames
from sockviz.tui.hints import hint
from sockviz.tui.situation import moving, situation_of
from sockviz.tui.status import TIMES
from sockviz.tui.themes import THEMES
from sockviz.tui.view import Selection, StageView
from sockviz.tui.widgets.caption import Caption
from sockviz.tui.widgets.host import HostPanel
from sockviz.tui.widgets.ladder import Ladder
from sockviz.tui.widgets.messages import ConnectionPicked, SegmentPicked
from sockviz.tui.widgets.table import SocketTable
from sockviz.tui.widgets.wire import WireView

if TYPE_CHECKING:
    from sockviz.tui.closer import Closer

LEAST = (80, 24)
"""Columns and rows without which the stage can't be read (also live; the command checks it at the start)."""
ROOMY = (110, 30)
"""From here on ladder and table stand side by side."""
ARROWS, TRANSITIONS = 60, 200
"""How much of the past the ladder is given."""


class Shows(Protocol):
    """A widget of the stage."""

    def show(self, view: StageView) -> None:
        """Draw this, if it differs from what is drawn."""


class StageScreen(Screen[None], inherit_bindings=False):
    """The one screen of free play."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"do({action.id!r})", action.label, show=False)
        for action in ACTIONS
        for key in action.keys
    ]

    def __init__(self, session: Session, clock: Callable[[], int]) -> None:
        """`clock`: CLOCK_MONOTONIC, ns."""
        super().__init__()
        self._clock = clock
        self._session = session
        self._selection = Selection()
        self._inspecting = False
        self._tab = TABS[0]
        self._echo = False
        self._key = ""
        self._impossible: Action | None = None
        """What was asked for last, as long as there is a reason why it can't be."""
        self._notice_seen = ""
        self._refused = ""
        self._frame = 0
        self._closer: Closer | None = None
        self._controls = Controls(session, self)

    def compose(self) -> ComposeResult:
        """Top to bottom."""
        yield Static(id="too-small")
        yield StatusLine(id="status")
        with Horizontal(id="hosts"):
            yield HostPanel("client", id="client")
            yield WireView(id="wire")
            yield HostPanel("server", id="server")
        yield TabLine(id="tabs")
        with Horizontal(id="below"):
            yield Welcome(id="welcome")
            yield Ladder(id="ladder")
            yield SocketTable(id="table")
            yield Inspector(id="inspector")
        yield Caption(id="caption")
        yield NoticeLine(id="notice")
        for number, _plans in enumerate(bar.ROOMY):
            yield ButtonRow(id=f"buttons-{number}")

    def on_mount(self) -> None:
        """Begin to draw."""
        kinds = (HostPanel, WireView, Ladder, SocketTable, Caption)
        self._views: list[Shows] = [view for kind in kinds for view in self.query(kind)]
        for scrolling in (self.query_one(Ladder), self.query_one(SocketTable)):
            # A click must not take Home and End away from the stage.
            scrolling.can_focus = False
        self._rows = list(self.query(ButtonRow))
        self._frames = Frames(self, self._draw)
        self._session.on_change = self.wake
        self._arrange(self.size)

    def wake(self) -> None:
        """Something happened in the session: draw soon."""
        self._frames.wake()

    # keys, clicks, messages → actions

    def action_do(self, name: str) -> None:
        """Do what a key, a button or the palette asks for; or say why not."""
        action = BY_ID[name]
        situation = self._look()
        self._key = f"{key_name(action.keys[0])}  {action.labels(situation)[0]}" if self._echo else ""
        self._impossible = action if action.why_not(situation) else None
        self._notice_seen = self._session.notice
        self._refused = situation.world.refused
        if self._impossible is None:
            action.run(situation, self._controls)
        self._frames.wake()

    def on_button_row_pressed(self, message: ButtonRow.Pressed) -> None:
        """A button is its key."""
        self.action_do(message.action)

    def on_tab_line_chosen(self, message: TabLine.Chosen) -> None:
        """Only the other tab is a change."""
        if message.tab != self._tab:
            self.action_do("tab")

    def on_connection_picked(self, message: ConnectionPicked) -> None:
        """A connection was clicked."""
        self.select(replace(self._selection, connection=message.connection, segment=None))

    def on_segment_picked(self, message: SegmentPicked) -> None:
        """A segment was clicked."""
        self.select(replace(self._selection, segment=message.segment))

    # what actions do to the screen (actions.Desk)

    def ask(self, question: Question) -> None:
        """In one line at the bottom."""
        from sockviz.tui.screens.prompt import PromptScreen  # noqa: PLC0415  not needed for the first frame

        self.app.push_screen(PromptScreen(question))

    def select(self, selection: Selection) -> None:
        """Point at something else."""
        self._selection = selection
        self._frames.wake()

    def scroll(self, direction: int) -> None:
        """What is read now, by a page."""
        if self._inspecting:
            inspector = self.query_one(Inspector)
            (inspector.scroll_page_down if direction > 0 else inspector.scroll_page_up)(animate=False)
        elif self.has_class("-tabs", "-tab-table"):
            self.query_one(SocketTable).action_page(direction)
        else:
            self.query_one(Ladder).action_page(direction)

    def open_help(self) -> None:
        """All keys, and what this run can't show."""
        from sockviz.tui.screens.help import HelpScreen  # noqa: PLC0415  not needed for the first frame

        header = self._session.header
        self.app.push_screen(HelpScreen(header.hidden if header else ()))

    def open_palette(self) -> None:
        """Textual's own, with our actions."""
        self.app.action_command_palette()

    def toggle_inspector(self) -> None:
        """Beside the ladder, or instead of nearly everything where there is no room."""
        self._inspecting = not self._inspecting
        self._arrange(self.size)

    def toggle_tab(self) -> None:
        """The other one of the two."""
        self._tab = TABS[1 - TABS.index(self._tab)]
        self._arrange(self.size)

    def toggle_theme(self) -> None:
        """The other one of the two."""
        self.app.theme = next(theme.name for theme in THEMES if theme.name != self.app.theme)

    def toggle_echo(self) -> None:
        """From the next key on."""
        self._echo = not self._echo

    def quit(self) -> None:
        """The app knows how."""
        self.app.exit()

    # drawing

    def on_resize(self, event: events.Resize) -> None:
        """Keep everything, in other places."""
        self._arrange(event.size)

    def _arrange(self, size: Size) -> None:
        small = size.width < LEAST[0] or size.height < LEAST[1]
        tabs = size.width < ROOMY[0] or size.height < ROOMY[1]
        classes = {"-too-small": small, "-tabs": tabs, "-inspecting": self._inspecting}
        for name, on in {**classes, **{f"-tab-{tab}": tab == self._tab for tab in TABS}}.items():
            self.set_class(on, name)
        if small:
            text = f"sockviz needs {LEAST[0]}{TIMES}{LEAST[1]} (now {size.width}{TIMES}{size.height})"
            self.query_one("#too-small", Static).update(text)
        self._frames.wake()

    def _look(self) -> Situation:
        return situation_of(
            self._session,
            self._selection,
            self._session.arrows(ARROWS),
            tabs=self.has_class("-tabs"),
            inspecting=self._inspecting,
        )

    def _draw(self) -> bool:
        """One frame; True: the next one will differ."""
        session = self._session
        session.tick(self._clock())
        situation = self._look()
        self._frame += 1
        view = StageView(
            world=session.world,
            now=session.now,
            arrows=situation.arrows,
            transitions=session.transitions(TRANSITIONS),
            selection=self._selection,
            frame=self._frame,
        )
        for widget in self._views:
            widget.show(view)
        self._greet(situation)
        self._inspect(view, situation)
        self.query_one(StatusLine).show(tuple(status.parts(situation, session.now)))
        self.query_one(NoticeLine).show(self._notice(situation))
        for row, clusters in zip(self._rows, bar.rows(situation), strict=True):
            row.show(clusters)
        return moving(session)

    def _greet(self, situation: Situation) -> None:
        """An empty stage has nothing to draw a ladder of."""
        empty = not situation.arrows
        if empty != self.has_class("-empty"):
            self.set_class(empty, "-empty")
        if empty:
            held = not self._session.ready or situation.world.wire.mode == "hold"
            self.query_one(Welcome).show(ready=self._session.ready, held=held)

    def _inspect(self, view: StageView, situation: Situation) -> None:
        """What is pointed at, else the connection that the keys act on."""
        if not self._inspecting:
            return
        if self._closer is None:
            from sockviz.tui.closer import Closer  # noqa: PLC0415  not needed for the first frame

            self._closer = Closer(self.wake)
        chosen = target.connection(structs.replace(situation, world=view.world))
        self.query_one(Inspector).show(*self._closer.look(view, chosen, palette_of(self)))

    async def on_unmount(self) -> None:
        """Leave no process behind."""
        if self._closer is not None:
            await self._closer.close()

    def _notice(self, situation: Situation) -> Notice:
        """The most important sentence: what went wrong, why not, or what to press next."""
        failure, refused = self._session.failure, situation.world.refused
        if failure is not None:
            return Notice(f"{failure.message}. `q` quits; `←` and `→` still step.", urgent=True)
        reason = self._impossible.why_not(situation) if self._impossible else None
        if reason is None:
            self._impossible = None
        news = self._session.notice if self._session.notice != self._notice_seen else ""
        if warning := reason or (refused if refused != self._refused else "") or news:
            return Notice(warning, urgent=True, key=self._key)
        said = hint(situation)
        return Notice(said.text, urgent=said.urgent, key=self._key)
