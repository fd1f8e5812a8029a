"""What clients can be told: connect, once or several at a time; and those that nobody is. Pure."""

from sockviz import intents
from sockviz.tui.actions import guards
from sockviz.tui.actions.action import Action, Controls, Group, Question, Situation
from sockviz.tui.actions.answers import number

MOST = 100
"""Clients at a time; each is a process."""
MOST_SYNS = 100_000
"""In one flood."""


def connect(_situation: Situation, do: Controls) -> None:
    """Start one client process."""
    do.run.send(intents.Connect())


def connect_several(_situation: Situation, do: Controls) -> None:
    """Ask how many."""
    answer = number(1, MOST, lambda count: do.run.send(intents.Connect(count=count)))
    do.desk.ask(Question("How many clients are to connect?", "3", answer))


def flood(_situation: Situation, do: Controls) -> None:
    """Ask how many."""
    answer = number(1, MOST_SYNS, lambda count: do.run.send(intents.Flood(count=count)))
    do.desk.ask(Question(f"How many SYNs from an address that nobody has (up to {MOST_SYNS})?", "20", answer))


ACTIONS = (
    Action(
        id="connect", keys=("c",), group=Group.CLIENT, label="connect",
        help="Start a client process, which calls connect().",
        run=connect, unless=guards.TOYS_SOON,
    ),
    Action(
        id="connect-several", keys=("C",), group=Group.CLIENT, label="connect several", short="several",
        help="Start several client processes at once.",
        run=connect_several, unless=guards.TOYS_SOON,
    ),
    Action(
        id="flood", keys=("F",), group=Group.CLIENT, label="SYN flood", short="flood",
        help="Send the server many SYNs from an address that nobody has, as in an attack.",
        run=flood, unless=(guards.guests, guards.cannot_flood, *guards.SOON),
    ),
)  # fmt: skip
