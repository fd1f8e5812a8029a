"""Is there a terminal that the screen can be drawn on? Imports no textual."""

import os
import sys

from sockviz.errors import UserError

LEAST = (80, 24)
"""Columns and rows without which the stage can't be read."""


def require_terminal() -> None:
    """Say in one line why there can be no screen.

    Raises:
        UserError: standard input or output is no terminal, it can't move its cursor, or it is too small.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "standard input and output must be a terminal",
            "--headless needs none: it prints events as JSON lines",
            kind="no-terminal",
        )
    term = os.environ.get("TERM", "")
    if term in {"", "dumb", "unknown"}:
        raise UserError(
            f"this terminal can't show a screen (TERM={term or 'is not set'})",
            "use another terminal, or --headless",
            kind="no-terminal",
        )
    size = os.get_terminal_size(sys.stdout.fileno())
    if size.columns < LEAST[0] or size.lines < LEAST[1]:
        raise UserError(
            f"the terminal has {size.columns} columns and {size.lines} rows",
            f"make it at least {LEAST[0]} by {LEAST[1]}, or use --headless",
            kind="small-terminal",
        )
