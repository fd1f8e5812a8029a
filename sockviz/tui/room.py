"""How large a terminal is roomy. A module of its own: what is decided before the first frame needs it."""

from typing import Final

ROOMY: Final = (110, 30)
"""Columns and rows from which on ladder and table stand side by side, or ladder and source."""
