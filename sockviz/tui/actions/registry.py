"""The one list of actions; keys, buttons, palette, help and README come from it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from sockviz.tui.actions import (
    app,
    calls,
    client,
    guards,
    lesson,
    moments,
    programs,
    server,
    views,
    watch,
    wire,
)
from sockviz.tui.actions.action import Action, Group, Situation

ACTIONS: tuple[Action, ...] = (
    *wire.ACTIONS,
    *client.ACTIONS,
    *calls.ACTIONS,
    *server.ACTIONS,
    *moments.ACTIONS,
    *views.ACTIONS,
    *app.ACTIONS,
)

LESSON: tuple[Action, ...] = lesson.ACTIONS
"""In a lesson they come first: some have keys that mean something else elsewhere."""

PROGRAMS: tuple[Action, ...] = programs.ACTIONS
"""Where the programs are the user's own, in the place of what the toy ones can be told."""

WATCH: tuple[Action, ...] = watch.OWN
"""On the screens of watched listeners, with those of the others that make sense there."""

BY_ID: Mapping[str, Action] = MappingProxyType(
    {action.id: action for action in (*ACTIONS, *LESSON, *PROGRAMS, *WATCH)}
)

NAMES = {
    "space": "Space", "left": "←", "right": "→", "up": "↑", "down": "↓", "home": "Home", "end": "End",
    "pageup": "PgUp", "pagedown": "PgDn", "tab": "Tab", "shift+tab": "Shift+Tab", "enter": "Enter",
    "escape": "Esc", "delete": "Del", "minus": "-", "plus": "+", "equals_sign": "=", "less_than_sign": "<",
    "greater_than_sign": ">", "comma": ",", "full_stop": ".", "left_square_bracket": "[",
    "right_square_bracket": "]", "question_mark": "?", "f1": "F1", "ctrl+p": "Ctrl+P", "ctrl+c": "Ctrl+C",
    "ctrl+q": "Ctrl+Q", "left_curly_bracket": "{", "right_curly_bracket": "}", "left_parenthesis": "(",
    "right_parenthesis": ")", "shift+left": "Shift+←", "shift+right": "Shift+→", "ctrl+left": "Ctrl+←",
    "ctrl+right": "Ctrl+→", "slash": "/", "backspace": "⌫",
}  # fmt: skip
"""Textual's name of a key → what is printed on it."""


STAGE: tuple[Action, ...] = (*ACTIONS, *LESSON)
"""What can be done on a stage, with a lesson or without."""


def offered(actions: Iterable[Action], *, served: bool) -> tuple[Action, ...]:
    """Those that help, palette and buttons have: in a browser none that is for the machine's owner."""
    return tuple(action for action in actions if not (served and guards.visiting in action.unless))


def key_name(key: str) -> str:
    """How a key is shown to people."""
    return NAMES.get(key, key)


def pressed(action: Action, situation: Situation) -> str:
    """What was done and with which key, in words: `n — next segment`."""
    label = situation.say(action.labels(situation)[0])
    return f"{key_name(action.keys[0])} — {label}" if action.keys else label


def key_names(action: Action) -> str:
    """All keys of an action, as help and README print them."""
    return action.keys_shown or " ".join(key_name(key) for key in action.keys)


def grouped(actions: Iterable[Action] = BY_ID.values()) -> Iterator[tuple[Group, tuple[Action, ...]]]:
    """The groups with those of `actions` that have a line of their own."""
    listed = [action for action in actions if action.listed]
    for group in Group:
        yield group, tuple(action for action in listed if action.group is group)
