"""Textual's driver for browsers, as one whose packets stay whole, and that ends with who reads them."""

from threading import Lock
from typing import Any

from textual import events, messages
from textual.app import App
from textual.drivers.web_driver import WebDriver


class BrowserDriver(WebDriver):
    """Draws for the server, which passes it on to a browser.

    The app's thread draws while the thread that reads keys hands over files; what is longer than a pipe takes
    at once (PIPE_BUF, pipe(7)) would get into one another.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual makes it."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._whole = Lock()

    def start_application_mode(self) -> None:
        """Begin as one who is looked at and typed to: Textual's own begins in the background.

        The browser says so, too, but maybe before the app is there.
        """
        super().start_application_mode()
        self._app.call_later(self._app.post_message, events.AppFocus())

    def write(self, data: str) -> None:
        """Draw."""
        with self._whole:
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        """Tell the server something."""
        with self._whole:
            super().write_meta(data)

    def write_binary_encoded(self, data: tuple[str | bytes, ...]) -> None:
        """Hand over a part of a file."""
        with self._whole:
            super().write_binary_encoded(data)

    def run_input_thread(self) -> None:
        """Until nothing can come any more; then nobody is there to look."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())
