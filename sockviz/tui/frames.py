"""When to draw: at once when something happened, 30 times a second while something moves, else once a second.

Owns the timers, not the drawing. What the time is, only the session
knows; here it is measured what drawing costs.
"""

import time
from collections.abc import Callable

from textual.widget import Widget

RATE = 30
"""Frames a second while something moves."""
SHARE = 0.3
"""Of a core, for frames: of those that cost more there are fewer."""


class Frames:
    """Calls `draw`, which says whether the picture will change by itself."""

    def __init__(self, node: Widget, draw: Callable[[], bool]) -> None:
        self._node = node
        self._draw = draw
        self._asked = False
        self._going = False
        """The picture changes by itself."""
        self._left_out = 0
        """Frames to be left out."""
        self._moving = node.set_interval(1 / RATE, self._next, pause=True)
        # What is shown in whole seconds (ages, countdowns) goes on while nothing moves.
        self._second = node.set_interval(1, self.wake)

    def wake(self) -> None:
        """Something happened: draw soon, once, however often this is called before."""
        if not self._asked:
            self._asked = True
            self._node.call_next(self._frame)

    def news(self) -> None:
        """Something came in: draw soon, unless a frame is due anyway."""
        if not self._going:
            self.wake()

    def _next(self) -> None:
        """The next one of a movement, unless the last one was so costly that the keys would have to wait."""
        if self._left_out:
            self._left_out -= 1
        else:
            self._frame()

    def _frame(self) -> None:
        self._asked = False
        begun = time.thread_time()
        self._going = self._draw()
        self._left_out = int((time.thread_time() - begun) * RATE / SHARE)
        if self._going:
            self._moving.resume()
        else:
            self._moving.pause()
