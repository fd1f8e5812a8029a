"""The stage with the user's own programs on it: what they print, and a keyboard for each."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from sockviz.intents import Intent
from sockviz.tui.actions.action import Action, Group, Situation
from sockviz.tui.actions.registry import ACTIONS, PROGRAMS
from sockviz.tui.controls.line import palette_of
from sockviz.tui.programs import choosing, details
from sockviz.tui.programs.furniture import ProgramsFurniture
from sockviz.tui.programs.hints import hint
from sockviz.tui.programs.keyboard import KeyboardScreen
from sockviz.tui.programs.panes import Keyboard
from sockviz.tui.programs.sizing import SETTLED, Sizing
from sockviz.tui.screens.furniture import SOURCE, Furniture
from sockviz.tui.screens.stage import StageScreen
from sockviz.tui.speech import Speech
from sockviz.tui.view import StageView

_TOYS: Final = frozenset({Group.CLIENT, Group.CALLS, Group.SERVER})
"""Is asked of the toy programs only."""
OFFERED: Final[tuple[Action, ...]] = (
    *PROGRAMS,
    *(one for one in ACTIONS if one.group not in _TOYS and one.id not in {"source", "language"}),
)
_KEYS: Final = {key: action.id for action in (*OFFERED[::-1], *PROGRAMS) for key in action.keys}


class ProgramsScreen(StageScreen, inherit_bindings=False):
    """A run of the user's own programs, or the recording of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"do({name!r})", show=False) for key, name in _KEYS.items()
    ]
    offered = OFFERED

    def _furnish(self) -> Furniture:
        """With terminals."""
        self._panel = ProgramsFurniture()
        return self._panel

    def _speak(self) -> Speech:
        """Of these programs."""
        return Speech(hint)

    def on_mount(self) -> None:
        """Begin to look at how large the panes are (and, in the stage's own `on_mount`, to draw)."""
        self._sizing = Sizing()
        self.set_interval(SETTLED / 1e9, self._resize)

    def _resize(self) -> None:
        """Tell the programs how large their terminals are on the screen."""
        if self._session.recorded or not self._furniture.furnished:
            return
        edge = self._session.timeline.edge
        known = {Keyboard(one.host, one.pid): one.terminal for one in choosing.running(edge)}
        for wish in self._sizing.settle(self._panel.sizes(edge), known, self._clock()):
            self._session.send(wish)

    def _inspect(self, view: StageView, situation: Situation) -> None:
        """What is pointed at, else the programs."""
        if view.selection.segment is not None or view.selection.connection is not None:
            super()._inspect(view, situation)
        else:
            self._furniture.inspect(self.say(details.TITLE), details.programs(view, palette_of(self)))

    def type_to(self) -> None:
        """To whom waits for it, else to the one that came last."""
        running = choosing.typable(self._session.timeline.edge)
        if not running:
            return
        first = next(filter(choosing.reads_keyboard, running), running[-1])
        self._panel.choose(SOURCE)
        self._arrange()
        self.app.push_screen(
            KeyboardScreen(
                lambda: choosing.typable(self._session.timeline.edge),
                self._send,
                self._panel.give,
                first,
                self.say,
            )
        )

    def _send(self, intent: Intent) -> None:
        if not self._session.recorded:
            self._session.send(intent)
            self._session.live()
            self.wake()
