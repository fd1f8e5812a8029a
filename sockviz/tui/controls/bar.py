"""Which buttons stand in which row, for a given terminal. Pure."""

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from sockviz.tui.actions import target
from sockviz.tui.actions.action import Action, Situation
from sockviz.tui.actions.registry import BY_ID, key_name, offered
from sockviz.tui.controls.layout import Cluster, Face
from sockviz.tui.render.marks import badge


class Plan(msgspec.Struct, frozen=True):
    """One cluster: a title, and the actions after it."""

    title: str
    actions: tuple[str, ...]
    bare: frozenset[str] = frozenset()
    """Those that here have no room for more than their key."""


WIRE = Plan(
    "wire", ("release-next", "release-all", "release-selected", "hold", "lose", "cut", "shorter", "longer")
)
CLIENT = Plan("client", ("connect", "connect-several"))
SERVER = Plan("server", ("accept", "accept-policy", "backlog", "listener"))
CALLS = Plan("{end}", ("send", "receive", "shutdown", "close", "abort", "interrupt", "side"))
TIME = Plan(
    "time",
    (
        "play",
        "back",
        "forward",
        "segment-back",
        "segment-forward",
        "state-back",
        "state-forward",
        "mark-back",
        "mark-forward",
    ),
)
SHORT_TIME = Plan(
    "",
    ("play", "back", "forward", "segment-back", "segment-forward"),
    bare=frozenset({"segment-forward"}),
)
BARE = frozenset(
    {"back", "segment-back", "state-back", "mark-back", "drop-back", "start", "slower", "faster"}
)
"""Actions whose key says it all, or what stands beside it."""
TRANSPORT = ("start", "now", "slower", "faster", "pace", "mark")
"""What has its button in the transport bar."""
MORE = Plan("", ("source", "inspect", "help", "palette", "quit"))
LISTED = Plan("", ("list", "inspect", "help", "palette", "quit"))
VIEW = Plan(
    "view",
    (
        "tab", "previous-connection", "next-connection", "previous-packet", "next-packet", "theme", "echo",
        "projector", "language", "only",
    ),
)  # fmt: skip
PROGRAMS = Plan("programs", ("type", "launch", "launch-again", "signal"))
OWN_MORE = Plan("", ("inspect", "help", "palette", "quit"))
VIEW_SMALL = Plan("view", tuple(name for name in VIEW.actions if name not in {"language", "only"}))

OWN_VIEW = Plan("view", tuple(name for name in VIEW.actions if name != "language"))
OWN_VIEW_SMALL = Plan("view", tuple(name for name in VIEW_SMALL.actions if name != "language"))

ROOMY = ((WIRE,), (CLIENT, SERVER), (CALLS,), (TIME, MORE))
SMALL = ((WIRE,), (CLIENT, SERVER), (CALLS,), (SHORT_TIME, MORE))
"""Rows from top to bottom."""
MOST = len(ROOMY) + 1
"""Rows; the last one only for an audience, in front of which nobody wants to look for a key."""
INDENT = len("●1 client")
"""The first buttons of all rows stand one below the other."""


def rows(situation: Situation) -> tuple[tuple[Cluster, ...], ...]:
    """All rows as they are to look now."""
    view = VIEW_SMALL if situation.tabs else VIEW
    plans = (*(SMALL if situation.tabs else ROOMY), *(((view,),) if situation.large else ()))
    more = LISTED if situation.listed else MORE
    return tuple(_clusters([more if plan is MORE else plan for plan in row], situation) for row in plans)


def rows_of_programs(situation: Situation) -> tuple[tuple[Cluster, ...], ...]:
    """All rows where the programs are the user's own."""
    time, more = (SHORT_TIME, OWN_MORE) if situation.tabs else (TIME, OWN_MORE)
    view = (OWN_VIEW_SMALL if situation.tabs else OWN_VIEW,)
    plans = ((WIRE,), (PROGRAMS,), (time, more), *((view,) if situation.large else ()))
    return tuple(_clusters(row, situation) for row in plans)


def _clusters(plans: Sequence[Plan], situation: Situation) -> tuple[Cluster, ...]:
    clusters: list[Cluster] = []
    for plan in plans:
        title = situation.say(plan.title.format(end=_end(situation)))
        if not clusters and not situation.tabs:
            title += " " * (INDENT - cell_len(title))
        shown = offered(map(BY_ID.__getitem__, plan.actions), served=situation.served)
        faces = tuple(button(action, situation, bare=action.id in plan.bare) for action in shown)
        if faces:
            clusters.append(Cluster(title, faces, named=plan is CALLS))
    return tuple(clusters)


def face(name: str, situation: Situation, *, bare: bool = False) -> Face:
    """An action's button; `bare`: with its key alone."""
    return button(BY_ID[name], situation, bare=bare)


def button(action: Action, situation: Situation, *, bare: bool = False) -> Face:
    """An action as a button; `bare`: with its key alone."""
    key, labels, why_not = key_name(action.keys[0]), action.labels(situation), action.why_not(situation)
    label, short = map(situation.say, labels)
    if bare or action.id in BARE or label.lower() == key.lower():
        label = short = ""
    reason = None if why_not is None else situation.say(why_not)
    return Face(action.id, key, label, short, reason, situation.say(action.help))


def transport(situation: Situation) -> dict[str, Face]:
    """The buttons of the transport bar."""
    return {name: face(name, situation) for name in TRANSPORT}


def _end(situation: Situation) -> str:
    """The end that the calls are made on: `#2 client`."""
    chosen = target.connection(situation)
    return f"{badge(chosen.id)} {situation.selection.side}" if chosen else f"as {situation.selection.side}"
