"""The calls that the chosen end's program can be told to make. Pure."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from sockviz import intents
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Action, Controls, Group, Question, Situation
from sockviz.tui.render.marks import badge

Name: TypeAlias = Literal["recv", "shutdown", "close", "abort"]

ON_AN_END = (*guards.TOYS, guards.no_connection, guards.no_descriptor)
IDLE = (*ON_AN_END, guards.busy)


def call(name: Name) -> Callable[[Situation, Controls], None]:
    """An action that makes the call `name`."""

    def run(situation: Situation, do: Controls) -> None:
        end = target.end(situation)
        if end is not None and end.pid is not None:
            do.run.send(intents.Call(host=end.host, pid=end.pid, name=name, fd=end.fd))

    return run


def send(situation: Situation, do: Controls) -> None:
    """Ask what to send."""
    chosen, end = target.connection(situation), target.end(situation)
    if chosen is None or end is None or end.pid is None:
        return
    host, pid, fd = end.host, end.pid, end.fd

    def answer(text: str) -> str | None:
        if not text:
            return "At least one byte is needed."
        do.run.send(intents.Call(host=host, pid=pid, name="send", fd=fd, data=text.encode()))
        return None

    default = "hello" if host == "client" else "welcome"
    do.desk.ask(Question(f"What is the {host} to send on {badge(chosen.id)}?", default, answer))


def interrupt(situation: Situation, do: Controls) -> None:
    """The chosen end's blocked call, else the server's accept()."""
    blocked = target.end_call(situation)
    if blocked is None and guards.interruptible_accept(situation):
        blocked = target.accept_call(situation.world)
    if blocked is not None:
        do.run.send(intents.Call(host=blocked.host, pid=blocked.pid, name="interrupt", fd=blocked.fd))


ACTIONS = (
    Action(
        id="send", keys=("d",), group=Group.CALLS, label="send data", short="send",
        help="The chosen end calls send() with a text that you type.",
        run=send, unless=IDLE,
    ),
    Action(
        id="receive", keys=("r",), group=Group.CALLS, label="receive", short="recv",
        help="The chosen end calls recv(), and blocks until data or the peer's FIN is there.",
        run=call("recv"), unless=IDLE,
    ),
    Action(
        id="shutdown", keys=("s",), group=Group.CALLS, label="shut down", short="shut",
        help="The chosen end calls shutdown(SHUT_WR): it sends FIN and can still receive.",
        run=call("shutdown"), unless=IDLE,
    ),
    Action(
        id="close", keys=("x",), group=Group.CALLS, label="close",
        help="The chosen end calls close(): the descriptor goes, and the kernel sends FIN.",
        run=call("close"), unless=ON_AN_END,
    ),
    Action(
        id="abort", keys=("X",), group=Group.CALLS, label="abort (RST)", short="abort",
        help="The chosen end closes with SO_LINGER 0: the kernel sends RST.",
        run=call("abort"), unless=ON_AN_END,
    ),
    Action(
        id="interrupt", keys=("u",), group=Group.CALLS, label="unblock", short="unblk",
        help="Interrupt the call that the chosen end is blocked in: it returns EINTR.",
        run=interrupt, unless=(*guards.TOYS, guards.not_blocked),
    ),
)  # fmt: skip
