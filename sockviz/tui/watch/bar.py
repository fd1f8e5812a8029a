"""Which buttons stand in which row on the screens of watched listeners. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from sockviz.tui.actions.action import Action, Situation
from sockviz.tui.controls.bar import button
from sockviz.tui.controls.layout import Cluster, Face

TRANSPORT: Final = ("start", "now", "slower", "faster", "mark")
WITHOUT: Final = frozenset({"pace"})
"""What a time bar has elsewhere: nothing here is idle."""
ROWS: Final = 2

_VIEW: Final = ("watch-findings", "watch-unseen", "theme", "projector", "save", "help", "watch-quit")
_TIME: Final = ("play", "back", "forward", "drop-back", "drop-forward")
Plan: TypeAlias = Sequence[Sequence[tuple[str, Sequence[str]]]]
"""Row by row: clusters of a title and the actions after it."""
LISTENERS: Final[Plan] = (
    (("", ("watch-open", "watch-mark", "watch-filter", "watch-sort", "watch-reverse")),),
    (("time", _TIME), ("", _VIEW)),
)
CLOSELY: Final[Plan] = (
    (
        ("", ("watch-list", "watch-next")),
        ("", ("watch-inspect", "watch-filter", "watch-waiting", "watch-sort", "watch-reverse")),
        ("", ("watch-shorter", "watch-longer")),
    ),
    (("time", _TIME), ("", _VIEW)),
)
SMALL: Final[Plan] = (
    (
        ("", ("watch-list", "watch-next")),
        ("", ("watch-inspect", "watch-filter", "watch-waiting", "watch-sort", "watch-reverse")),
    ),
    (("", _TIME), ("", ("watch-findings", "watch-unseen", "projector", "help", "watch-quit"))),
)
"""The same where room is scarce; what is left out has its key."""
SMALL_LIST: Final[Plan] = (
    LISTENERS[0],
    (("", _TIME), ("", ("watch-findings", "watch-unseen", "projector", "help", "watch-quit"))),
)


def rows(plan: Plan, actions: Mapping[str, Action], situation: Situation) -> list[tuple[Cluster, ...]]:
    """All rows as they are to look now."""
    return [
        tuple(
            Cluster(title, tuple(button(actions[name], situation) for name in names)) for title, names in row
        )
        for row in plan
    ]


def transport(actions: Mapping[str, Action], situation: Situation) -> dict[str, Face]:
    """The buttons of the time bar."""
    return {name: button(actions[name], situation) for name in TRANSPORT}
