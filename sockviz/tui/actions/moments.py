"""Moving through time: play, pause, step, speed. Nothing here touches the run itself. Pure."""

from sockviz.tui.actions import guards
from sockviz.tui.actions.action import Action, Controls, Group, Situation


def at_now(situation: Situation) -> str | None:
    """There is nothing after now."""
    return None if situation.past or situation.paused or situation.slow else "This is now already."


def play_or_pause(situation: Situation, do: Controls) -> None:
    """The other of the two."""
    (do.run.play if situation.paused else do.run.pause)()


ACTIONS = (
    Action(
        id="play", keys=("space",), group=Group.TIME, label="play or pause", short="play",
        help="Stop the screen where it is, or let it go on; the kernel goes on in any case.",
        run=play_or_pause, unless=(guards.starting,),
        face=lambda s: ("pause", "pause") if not s.paused else ("play", "play"),
    ),
    Action(
        id="back", keys=("left",), group=Group.TIME, label="back",
        help="Go back to the moment before: every segment, call and state change is one.",
        run=lambda _, do: do.run.step(-1), unless=(guards.starting,),
    ),
    Action(
        id="forward", keys=("right",), group=Group.TIME, label="forward", short="fwd",
        help="Go on to the next moment.",
        run=lambda _, do: do.run.step(1), unless=(guards.starting, at_now),
    ),
    Action(
        id="start", keys=("home",), group=Group.TIME, label="start",
        help="Go back to the beginning.",
        run=lambda _, do: do.run.seek(0), unless=(guards.starting,),
    ),
    Action(
        id="now", keys=("end",), group=Group.TIME, label="now",
        help="Follow what happens now.",
        run=lambda _, do: do.run.live(), unless=(guards.starting, at_now),
    ),
    Action(
        id="slower", keys=("less_than_sign", "comma"), group=Group.TIME, label="slower",
        help="Show time passing more slowly.",
        run=lambda _, do: do.run.faster(-1), unless=(guards.starting,),
    ),
    Action(
        id="faster", keys=("greater_than_sign", "full_stop"), group=Group.TIME, label="faster",
        help="Show time passing faster.",
        run=lambda _, do: do.run.faster(1), unless=(guards.starting,),
    ),
)  # fmt: skip
