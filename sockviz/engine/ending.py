"""How an engine hears of its end, and how it ends even if something hangs."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 8.0
"""Seconds from the wish to end to the end."""

LONGEST_LINE: Final = 1 << 24
"""Bytes; what is longer is no wish of anybody's, and comes in pieces that are none either."""

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Each of them asks an engine to end in order."""


def read_lines(fd: int, on_line: Callable[[bytes], object]) -> None:
    """Read lines in a thread, since not every kind of file can be polled; an empty one is the end."""

    def read() -> None:
        with open(fd, "rb", closefd=False) as file:
            while line := file.readline(LONGEST_LINE):
                if line.strip():
                    on_line(line)
        on_line(b"")

    threading.Thread(target=read, name="intents", daemon=True).start()


def end_all_the_same() -> None:
    """Whatever hangs from here on, this process ends; the kernel ends the others with it."""
    timer = threading.Timer(PATIENCE, os._exit, (1,))
    timer.daemon = True
    timer.start()
