"""What all screens have in common that come above another one and ask, or show, something."""

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen


class Modal(ModalScreen[None]):
    """Closes itself, and nothing else.

    Two messages on their way, Enter and then Esc, would each take a screen away: the second the one below.
    """

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close it, if it has not been."""
        return super().dismiss(result) if self.is_active else AwaitComplete()
