"""What can be done with the user's own programs: start, type, signal. Pure."""

from typing import Final, cast, get_args

from sockviz import intents
from sockviz.tui.actions import guards
from sockviz.tui.actions.action import Action, Controls, Group, Question, Situation
from sockviz.tui.programs import choosing
from sockviz.world.model import Program, World

_SIGNALS: Final = get_args(intents.SignalName)


def _clients(world: World) -> list[Program]:
    return choosing.started(world, "client")


def launch(situation: Situation, do: Controls) -> None:
    """Ask for its command."""
    last = _clients(situation.world)[-1:]

    def answer(text: str) -> str | None:
        if not text.strip():
            return "Type a command."
        do.run.send(intents.Launch(host="client", command=text.strip()))
        return None

    do.desk.ask(Question("Start on the client's host:", last[0].command if last else "", answer))


def again(situation: Situation, do: Controls) -> None:
    """The last one, once more."""
    do.run.send(intents.Launch(host="client", command=_clients(situation.world)[-1].command))


def type_to(_situation: Situation, do: Controls) -> None:
    """Give it the keyboard."""
    do.desk.type_to()


def signal(situation: Situation, do: Controls) -> None:
    """Ask which, and whom."""
    first = choosing.running(situation.world)[-1]

    def answer(text: str) -> str | None:
        name, _, whom = text.strip().partition(" ")
        wanted = f"SIG{name.upper().removeprefix('SIG')}"
        if wanted not in _SIGNALS:
            return "One of " + ", ".join(one.removeprefix("SIG") for one in _SIGNALS) + "."
        program = choosing.named(situation.world, whom.strip())
        if program is None:
            return f"No program {whom.strip()!r} runs."
        # What `_SIGNALS` has is what the intent takes.
        known = cast("intents.SignalName", wanted)
        do.run.send(intents.Signal(host=program.host, pid=program.pid, signal=known))
        return None

    do.desk.ask(Question("Which signal, to which program?", f"TERM {first.name}", answer))


def nobody_runs(situation: Situation) -> str | None:
    """All have ended."""
    return None if choosing.running(situation.world) else "No program runs any more: `c` starts a client."


def no_client(situation: Situation) -> str | None:
    """There was none so far."""
    return None if _clients(situation.world) else "No client was started so far: `c` starts one."


def no_programs(situation: Situation) -> str | None:
    """They are the toy ones."""
    return None if guards.has_guests(situation) else "These are no programs of your own: see `sockviz run`."


ACTIONS = (
    Action(
        id="type", keys=("e",), group=Group.PROGRAMS, label="type to a program", short="type",
        help="The keyboard is a program's until Esc: what you type is what it reads.",
        run=type_to, unless=(guards.visiting, no_programs, *guards.RUNNING, nobody_runs),
    ),
    Action(
        id="launch", keys=("c",), group=Group.PROGRAMS, label="start a client", short="client",
        help="Start another program on the client's host.",
        run=launch, unless=(guards.visiting, no_programs, *guards.RUNNING),
    ),
    Action(
        id="launch-again", keys=("C",), group=Group.PROGRAMS, label="the same again", short="again",
        help="Start the program again that was started last on the client's host.",
        run=again, unless=(guards.visiting, no_programs, *guards.RUNNING, no_client),
    ),
    Action(
        id="signal", keys=("K",), group=Group.PROGRAMS, label="send a signal", short="signal",
        help="Send SIGTERM, SIGKILL, SIGSTOP … to one of the programs.",
        run=signal, unless=(guards.visiting, no_programs, *guards.RUNNING, nobody_runs),
    ),
)  # fmt: skip
