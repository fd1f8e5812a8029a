"""A keyboard for one of the user's programs. The stage goes on above it.

A line is edited here, as a terminal's line discipline would have it, and sent with Enter. Of a program that
wants each key by itself (a menu, an editor of lines) each key is sent as it is pressed.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key, Paste
from textual.widgets import Input, Label

from sockviz.intents import Intent, Type
from sockviz.tui.programs.keys import sent
from sockviz.tui.programs.panes import Keyboard
from sockviz.tui.screens.modal import Modal
from sockviz.world.model import Program

_ENTER: Final = b"\r"
"""What the key sends; a terminal makes a line end of it, unless its program wants the key itself."""
_END_OF_FILE: Final = b"\x04"
_INTERRUPT: Final = b"\x03"
_KEYS: Final = "Enter sends · Tab next program · Ctrl-D end of file · Ctrl-C · Esc back"
_FEW_KEYS: Final = "Tab next · ^D end · Esc back"
_BY_KEY: Final = "each key is sent at once · Tab next program · Esc back"
_FEW_BY_KEY: Final = "each key at once · Tab next · Esc back"
_LOOK: Final = 0.1
"""Seconds between two looks at what the program wants."""
_WIDE: Final = 110
"""Cells from which on all is told."""


class KeyboardScreen(Modal):
    """Types to one program after the other, until Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back"),
        Binding("tab", "turn(1)", "The next program", priority=True),
        Binding("shift+tab", "turn(-1)", "The program before", priority=True),
        Binding("ctrl+d", "end_of_file", "End of file", priority=True),
    ]

    CSS = """
    KeyboardScreen { background: transparent; align: center bottom; }
    KeyboardScreen > Horizontal { height: 3; background: $panel; border: round $accent; padding: 0 1; }
    KeyboardScreen Label { width: auto; }
    KeyboardScreen #whom { color: $accent; text-style: bold; }
    KeyboardScreen Input {
        width: 1fr; height: 1; border: none; padding: 0; margin: 0 1; background: $background;
    }
    KeyboardScreen #say { color: $text-muted; }
    KeyboardScreen.-by-key Input { display: none; }
    KeyboardScreen.-by-key #say { margin-left: 2; }
    """

    def __init__(
        self,
        typable: Callable[[], Sequence[Program]],
        send: Callable[[Intent], None],
        give: Callable[[Keyboard | None], None],
        first: Program,
        say: Callable[[str], str] = str,
    ) -> None:
        """A keyboard.

        Args:
            typable: Who can be typed to.
            send: Sends what was typed.
            give: Says on the stage whose it is.
            first: Whose it is at first.
            say: Says it in the language of the stage.
        """
        super().__init__()
        self._typable = typable
        self._send = send
        self._give = give
        self._program = first
        self._say = say
        self._by_key = False

    def compose(self) -> ComposeResult:
        """To whom, the line, what to press."""
        with Horizontal():
            yield Label(id="whom", markup=False)
            line = Input()
            line.cursor_blink = False
            yield line
            yield Label(id="say", markup=False)

    def on_mount(self) -> None:
        """Begin."""
        self._turn_to(self._program)
        self.set_interval(_LOOK, self._look)

    def _turn_to(self, program: Program) -> None:
        self._program = program
        self.query_one("#whom", Label).update(self._say(f"typing to {program.name}:"))
        self._give(Keyboard(program.host, program.pid))
        self._take(by_key=program.by_key)

    def _look(self) -> None:
        """A program may change its mind."""
        mine = (self._program.host, self._program.pid)
        for program in self._typable():
            if (program.host, program.pid) == mine and program.by_key != self._by_key:
                self._take(by_key=program.by_key)

    def _take(self, *, by_key: bool) -> None:
        """Lines, or keys: what has been typed of a line by then are keys, too."""
        self._by_key = by_key
        self.set_class(by_key, "-by-key")
        line = self.query_one(Input)
        if by_key and line.value:
            self._type(line.value.encode())
            line.clear()
        if not by_key:
            line.focus()
        few, many = (_FEW_BY_KEY, _BY_KEY) if by_key else (_FEW_KEYS, _KEYS)
        self.query_one("#say", Label).update(self._say(many if self.app.size.width >= _WIDE else few))

    def on_key(self, event: Key) -> None:
        """Send it, if that is what the program wants."""
        if self._by_key:
            event.stop()
            self._type(sent(event.key, event.character))

    def on_paste(self, event: Paste) -> None:
        """As if it were typed."""
        if self._by_key:
            event.stop()
            self._type(event.text.encode(errors="replace"))

    def action_turn(self, by: int) -> None:
        """To another program's keyboard."""
        running = self._typable()
        pids = [(one.host, one.pid) for one in running]
        mine = (self._program.host, self._program.pid)
        if running:
            at = pids.index(mine) if mine in pids else -1
            self._turn_to(running[(at + by) % len(running)])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send the line."""
        self._type(event.value.encode() + _ENTER)
        event.input.clear()

    def action_end_of_file(self) -> None:
        """What was typed, and that nothing more will be (Ctrl-D)."""
        line = self.query_one(Input)
        # On a line that is not empty a terminal only sends what is on it.
        self._type(line.value.encode() + _END_OF_FILE * (2 if line.value else 1))
        line.clear()

    def interrupt(self) -> None:
        """Ctrl-C is the program's."""
        self._type(_INTERRUPT)

    def action_leave(self) -> None:
        """The keyboard is the stage's again."""
        self._give(None)
        self.dismiss()

    def _type(self, data: bytes) -> None:
        if data:
            self._send(Type(host=self._program.host, pid=self._program.pid, data=data))
