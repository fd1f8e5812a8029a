"""Which buttons stand in which row, for a given terminal. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sockviz.tui.actions import target
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.registry import BY_ID, key_name
from sockviz.tui.controls.layout import Cluster, Face


@dataclass(frozen=True, slots=True)
class Plan:
    """One cluster: a title, and the actions after it."""

    title: str
    actions: tuple[str, ...]


WIRE = Plan(
    "wire", ("release-next", "release-all", "release-selected", "hold", "lose", "cut", "shorter", "longer")
)
CLIENT = Plan("client", ("connect", "connect-several"))
SERVER = Plan("server", ("accept", "accept-policy", "backlog", "listener"))
CALLS = Plan("{end}", ("send", "receive", "shutdown", "close", "abort", "interrupt", "side"))
TIME = Plan("time", ("play", "back", "forward", "start", "now", "slower", "faster"))
LOOK = Plan("", ("inspect", "help", "palette", "quit"))

ROOMY = ((WIRE,), (CLIENT, SERVER), (CALLS,), (TIME, LOOK))
SMALL = ((WIRE,), (CLIENT, SERVER), (CALLS,), (TIME, LOOK))
"""Rows from top to bottom."""


def clusters(plans: Sequence[Plan], situation: Situation) -> tuple[Cluster, ...]:
    """One row, as it is to look now."""
    return tuple(
        Cluster(plan.title.format(end=_end(situation)), tuple(face(name, situation) for name in plan.actions))
        for plan in plans
    )


def face(name: str, situation: Situation) -> Face:
    """An action's button."""
    action = BY_ID[name]
    label, short = action.labels(situation)
    return Face(name, key_name(action.keys[0]), label, short, action.why_not(situation), action.help)


def _end(situation: Situation) -> str:
    """The end that the calls are made on: `#2 client`."""
    chosen = target.connection(situation)
    return f"#{chosen.id} {situation.selection.side}" if chosen else situation.selection.side
