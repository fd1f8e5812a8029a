"""What the server can be told: accept, the accept policy, the backlog, the listener itself. Pure."""

from sockviz import intents
from sockviz.tcp.states import State
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Action, Controls, Group, Question, Situation
from sockviz.tui.actions.answers import number

LARGEST = 4096
"""net.core.somaxconn clamps it further."""


def accept(situation: Situation, do: Controls) -> None:
    """Take the oldest completed connection."""
    listener = target.listener(situation.world)
    if listener is not None and listener.pid is not None:
        do.run.send(intents.Call(host=listener.host, pid=listener.pid, name="accept", fd=listener.fd))


def accept_policy(situation: Situation, do: Controls) -> None:
    """Auto, or manual."""
    do.run.send(intents.SetAccept(mode="manual" if automatic(situation) else "auto"))


def automatic(situation: Situation) -> bool:
    """The server always has an accept() outstanding."""
    return situation.world.settings.get("accept") == "auto"


def backlog(situation: Situation, do: Controls) -> None:
    """Ask for the new one."""
    listener = target.listener(situation.world)
    old = listener.backlog if listener is not None and listener.backlog is not None else 2
    answer = number(0, LARGEST, lambda new: do.run.send(intents.SetBacklog(backlog=new)))
    do.desk.ask(Question("What backlog is the server to pass to listen()?", str(old), answer))


def listening(situation: Situation) -> bool:
    """There is an open listener."""
    return guards.not_listening(situation) is None


def close_or_open(situation: Situation, do: Controls) -> None:
    """Close the listener, or open it again."""
    listener = target.listener(situation.world)
    if listener is None or listener.state is not State.LISTEN or listener.pid is None:
        do.run.send(intents.Open())
    else:
        do.run.send(intents.Call(host=listener.host, pid=listener.pid, name="close", fd=listener.fd))


ACTIONS = (
    Action(
        id="accept", keys=("a",), group=Group.SERVER, label="accept",
        help="The server calls accept(): it takes the oldest completed connection, or waits for one.",
        run=accept, unless=(*guards.TOYS, guards.not_listening, guards.accepting),
    ),
    Action(
        id="accept-policy", keys=("A",), group=Group.SERVER, label="accept auto or manual", short="auto",
        help="Accept whatever comes by itself, or only when told.",
        run=accept_policy, unless=guards.TOYS,
        face=lambda s: ("accept by hand", "by hand") if automatic(s) else ("accept always", "always"),
    ),
    Action(
        id="backlog", keys=("b",), group=Group.SERVER, label="backlog",
        help="Call listen() again with another backlog: the queues grow or shrink at once.",
        run=backlog, unless=(*guards.TOYS, guards.not_listening),
    ),
    Action(
        id="listener", keys=("o",), group=Group.SERVER, label="close or open listener", short="listener",
        help="Close the listening socket (what is queued gets RST), or open it again.",
        run=close_or_open, unless=guards.TOYS,
        face=lambda s: ("close listener", "unlisten") if listening(s) else ("open listener", "listen"),
    ),
)  # fmt: skip
