"""The line in which is typed what rows are to be listed: it comes with `/`, and goes with Escape."""

from textual import events
from textual.widgets import Input

from sockviz.tui.watch.desk import Desk


class FilterLine(Desk):
    """A screen with one `Input`, which its style sheet shows while the screen is `-filtering`."""

    def do_filter(self, _: int) -> None:
        """Type what is to be listed."""
        self.add_class("-filtering")
        # At once: the next keys are typed already.
        self.set_focus(self.query_one(Input))

    def on_input_submitted(self) -> None:
        """Back to the rows."""
        self.set_focus(None)
        self.set_class(bool(self.query_one(Input).value), "-filtering")
        self.wake()

    def on_input_changed(self) -> None:
        """List while it is typed."""
        self.wake()

    def on_key(self, event: events.Key) -> None:
        """Escape leaves the line that is typed in, and forgets it."""
        if event.key == "escape" and isinstance(self.focused, Input):
            event.stop()
            event.prevent_default()
            self._unfilter()

    def _unfilter(self) -> None:
        self.query_one(Input).value = ""
        self.remove_class("-filtering")
        self.set_focus(None)
        self.wake()

    @property
    def typed(self) -> str:
        """What was typed to filter by."""
        return self.query_one(Input).value.strip()
