"""What can be done on the screens of watched listeners; nothing here changes what is watched. Pure."""

from collections.abc import Callable

from msgspec.structs import replace

from sockviz.tui.actions import app, moments, views
from sockviz.tui.actions.action import Action, Controls, Group, Situation, Watched
from sockviz.world.watch.history import STATES

_NOTHING = Watched()


def seen(situation: Situation) -> Watched:
    """What is on the screen."""
    return situation.watched or _NOTHING


def nothing_listed(situation: Situation) -> str | None:
    """The list is empty."""
    if seen(situation).rows:
        return None
    if seen(situation).filtered:
        return "Nothing is listed: `Esc` shows all of them again."
    return "Nothing is listed that could be chosen."


def no_findings(situation: Situation) -> str | None:
    """Nothing was dropped."""
    return None if seen(situation).findings else "No drop was seen since watching began."


def only_one(situation: Situation) -> str | None:
    """There is no other listener to go to."""
    return None if seen(situation).chosen > 1 else "Only this one is watched: `L` lists all of them."


def other_choice(situation: Situation) -> str | None:
    """Of the past no other listeners can be watched."""
    if situation.past and not situation.replayed:
        return "This is the past: `End` goes back to now, then choose."
    return None


def attend(verb: str, number: int = 0) -> Callable[[Situation, Controls], None]:
    """An action that does what the screen knows as `verb`."""

    def run(_: Situation, do: Controls) -> None:
        do.desk.attend(verb, number)

    return run


def _sorted(situation: Situation) -> tuple[str, str]:
    by = seen(situation).sort
    return (f"sorted by {by}", by) if by else ("sort", "sort")


def _state(number: int) -> Action:
    state = STATES[number - 1]
    return Action(
        id=f"watch-state-{number}", keys=(str(number),), keys_shown=f"1…{len(STATES)}",
        group=Group.WATCH, label=f"only {state}", short=state, listed=number == 1,
        help=f"List only connections in one state, or all again: {STATES[0]}, {STATES[1]} … {STATES[-1]}.",
        run=attend("state", number),
    )  # fmt: skip


_OPEN = Action(
    id="watch-open", keys=("enter",), group=Group.WATCH, label="watch closely", short="watch",
    help="Watch the marked listeners closely, or else the one under the cursor.",
    run=attend("open"), unless=(nothing_listed, other_choice),
    face=lambda s: (f"watch {seen(s).marked or ''} closely".replace("  ", " "), "watch"),
)  # fmt: skip
_MARK = Action(
    id="watch-mark", keys=("space",), group=Group.WATCH, label="mark",
    help="Mark a listener, to watch several at once. In this list p pauses, not Space.",
    run=attend("mark_row"), unless=(nothing_listed,),
)  # fmt: skip
_LIST = Action(
    id="watch-list", keys=("L",), group=Group.WATCH, label="list of listeners", short="list",
    help="Go back to the list of all listeners.",
    run=attend("list_all"),
)  # fmt: skip
_NEXT = Action(
    id="watch-next", keys=("tab",), group=Group.WATCH, label="next listener", short="next",
    help="Of several listeners that are watched, show the next one.",
    run=attend("next_listener"), unless=(only_one,),
)  # fmt: skip
_FILTER = Action(
    id="watch-filter", keys=("slash",), group=Group.WATCH, label="filter",
    help="List only what has these words: an address, a process, a state, waiting, >5s.",
    run=attend("filter"),
)  # fmt: skip
_SORT = Action(
    id="watch-sort", keys=("s",), group=Group.WATCH, label="sort",
    help="Sort by the next column; a click on a title does the same.",
    run=attend("sort"), face=_sorted,
)  # fmt: skip
_REVERSE = Action(
    id="watch-reverse", keys=("r",), group=Group.WATCH, label="other way round", short="reverse",
    help="Sort the other way round.",
    run=attend("reverse"),
)  # fmt: skip
_WAITING = Action(
    id="watch-waiting", keys=("w",), group=Group.WATCH, label="only waiting", short="waiting",
    help="List only connections that wait for accept(), or all again.",
    run=attend("waiting"),
    face=lambda s: ("all connections", "all") if seen(s).waiting else ("only waiting", "waiting"),
)  # fmt: skip
_INSPECT = Action(
    id="watch-inspect", keys=("enter", "i"), group=Group.WATCH, label="look into", short="look",
    help="Show all that is known of the connection under the cursor, or close that again.",
    run=attend("inspect"), unless=(nothing_listed,),
)  # fmt: skip
_FINDINGS = Action(
    id="watch-findings", keys=("f",), group=Group.WATCH, label="why drops", short="drops",
    help="Show every drop that was seen with its cause and what to do about it, or close that again.",
    run=attend("findings"), unless=(no_findings,),
)  # fmt: skip
_LEVEL = Action(
    id="watch-unseen", keys=("h",), group=Group.WATCH, label="what is not seen", short="unseen",
    help="Show what this level of sight can't show and how to see it, or close that again.",
    run=attend("unseen"),
)  # fmt: skip
_TAB = Action(
    id="watch-tab", keys=("t",), group=Group.WATCH, label="queues, states or table", short="tab",
    help="Where they don't all fit: show the next one of queues, states and connections.",
    run=attend("next_tab"),
)  # fmt: skip
_LONGER = Action(
    id="watch-longer", keys=("minus",), group=Group.WATCH, label="longer history", short="longer",
    help="Plot a longer time, up to ten minutes.",
    run=attend("span", 1),
)  # fmt: skip
_SHORTER = Action(
    id="watch-shorter", keys=("plus", "equals_sign"), group=Group.WATCH, label="shorter history",
    short="shorter", help="Plot a shorter time, down to 15 seconds.",
    run=attend("span", -1),
)  # fmt: skip
_DROP_BACK = Action(
    id="drop-back", keys=("left_square_bracket",), group=Group.WATCH, label="back to a drop",
    short="drop", help="Go back in time to where a drop was first seen.",
    run=attend("drop", -1), unless=(no_findings,),
)  # fmt: skip
_DROP_FORWARD = Action(
    id="drop-forward", keys=("right_square_bracket",), group=Group.WATCH, label="on to a drop", short="drop",
    help="Go on in time to where a drop is first seen.",
    run=attend("drop", 1), unless=(no_findings,),
    face=lambda _: ("drop", "drop"),
)  # fmt: skip
_BACK = Action(
    id="watch-back", keys=("escape",), group=Group.WATCH, label="back",
    help="Close what is open, show all rows again, or else go back to the list.",
    run=attend("back"),
)  # fmt: skip
_QUIT = Action(
    id="watch-quit", keys=("q", "ctrl+c", "ctrl+q"), keys_shown="q Ctrl+C", group=Group.WATCH, label="quit",
    help="Stop watching. Nothing that was watched has been changed.",
    run=lambda _, do: do.desk.quit(),
)  # fmt: skip


def _move(key: str, label: str, by: int, said: str = "") -> Action:
    return Action(
        id=f"watch-{label.replace(' ', '-')}", keys=(key,), keys_shown="↑ ↓" if said else "",
        group=Group.WATCH, label=label, help=said or f"{label.capitalize()}.",
        run=attend("move", by), listed=bool(said),
    )  # fmt: skip


_FAR = 10**9
_MOVES = (
    _move("up", "up", -1, "Move the cursor; g and G go to the first and the last row."),
    _move("down", "down", 1),
    _move("g", "first row", -_FAR),
    _move("G", "last row", _FAR),
    Action(
        id="watch-page-up", keys=("pageup",), group=Group.WATCH, label="page up", listed=False,
        help="Scroll back by a page.", run=lambda _, do: do.desk.scroll(-1),
    ),
    Action(
        id="watch-page-down", keys=("pagedown",), group=Group.WATCH, label="page down", listed=False,
        help="Scroll on by a page.", run=lambda _, do: do.desk.scroll(1),
    ),
)  # fmt: skip

_SHARED = {action.id: action for action in (*moments.ACTIONS, *views.ACTIONS, *app.ACTIONS)}
_TIME = ("back", "forward", "mark-back", "mark-forward", "mark", "start", "now", "slower", "faster")
_VIEW = (
    *("projector", "theme", "echo", "help", "palette", "save"),
    *(name for name in _SHARED if name.startswith("theme-")),
)

OWN: tuple[Action, ...] = (
    _OPEN, _MARK, _LIST, _NEXT, _FILTER, _SORT, _REVERSE, _WAITING, *map(_state, range(1, len(STATES) + 1)),
    _INSPECT, _FINDINGS, _LEVEL, _DROP_BACK, _DROP_FORWARD, _SHORTER, _LONGER, _TAB, *_MOVES, _BACK, _QUIT,
)  # fmt: skip
"""What there is nowhere else."""


def _screen(own: tuple[Action, ...], *play: str) -> tuple[Action, ...]:
    """All actions of a screen; `play`: the keys of the one that pauses."""
    shared = (_SHARED[name] for name in (*_TIME, *_VIEW))
    return (*own, replace(_SHARED["play"], keys=play), *shared)


LISTENERS: tuple[Action, ...] = _screen(
    (
        _OPEN, _MARK, _FILTER, _SORT, _REVERSE, _FINDINGS, _LEVEL, _DROP_BACK, _DROP_FORWARD, *_MOVES,
        _BACK, _QUIT,
    ),
    "p",
)  # fmt: skip
"""Of the list of all listeners."""
CLOSELY: tuple[Action, ...] = _screen(tuple(one for one in OWN if one not in (_OPEN, _MARK)), "space", "p")
"""Of what shows chosen ones."""
