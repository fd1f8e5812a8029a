"""A line to type in, for one of the user's programs. The stage goes on above it.

The line is edited here, as a terminal's line discipline would have it, and sent with Enter.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label

from sockviz.intents import Intent, Type
from sockviz.tui.programs.panes import Keyboard
from sockviz.tui.screens.modal import Modal
from sockviz.world.model import Program

_END_OF_FILE: Final = b"\x04"
_INTERRUPT: Final = b"\x03"
_KEYS: Final = "Enter sends · Tab next program · Ctrl-D end of file · Ctrl-C · Esc back"
_FEW_KEYS: Final = "Tab next · ^D end · Esc back"
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
    """

    def __init__(
        self,
        typable: Callable[[], Sequence[Program]],
        send: Callable[[Intent], None],
        give: Callable[[Keyboard | None], None],
        first: Program,
    ) -> None:
        """A keyboard.

        Args:
            typable: Who can be typed to.
            send: Sends what was typed.
            give: Says on the stage whose it is.
            first: Whose it is at first.
        """
        super().__init__()
        self._typable = typable
        self._send = send
        self._give = give
        self._program = first

    def compose(self) -> ComposeResult:
        """To whom, the line, what to press."""
        with Horizontal():
            yield Label(id="whom", markup=False)
            line = Input()
            line.cursor_blink = False
            yield line
            yield Label(_KEYS if self.app.size.width >= _WIDE else _FEW_KEYS, id="say", markup=False)

    def on_mount(self) -> None:
        """Begin."""
        self._turn_to(self._program)

    def _turn_to(self, program: Program) -> None:
        self._program = program
        self.query_one("#whom", Label).update(f"typing to {program.name}:")
        self._give(Keyboard(program.host, program.pid))

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
        self._type(event.value.encode() + b"\n")
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
        self._send(Type(host=self._program.host, pid=self._program.pid, data=data))
