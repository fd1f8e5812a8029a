"""What the keys of a terminal (a VT220) send to its program, by Textual's names for them. Pure."""

from typing import Final

_KEYS: Final = {
    "enter": "\r",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[1~",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "end": "\x1b[4~",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    **{f"f{number}": f"\x1bO{letter}" for number, letter in enumerate("PQRS", 1)},
    **{f"f{number}": f"\x1b[{11 + number}~" for number in range(6, 11)},
}
"""Those that stand for no character."""


def sent(key: str, character: str | None) -> bytes:
    """What a key sends; nothing: such a terminal does not have it."""
    return _KEYS.get(key, character or "").encode(errors="replace")
