"""Moving through time: play, pause, step, speed, marks. Nothing here touches the run itself. Pure."""

from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.tui.actions import guards
from sockviz.tui.actions.action import Action, Controls, Group, Guard, Situation

PACES = {
    Pace.SHORT: "idle shortened",
    Pace.REAL: "idle as it was",
    Pace.SLOW: "slow motion",
}
"""In the order in which one key goes through them → what is done with the time when nothing happens."""

_THINGS = {Kind.MOMENT: "event", Kind.SEGMENT: "segment", Kind.STATE: "state change", Kind.MARK: "mark"}


def nothing_after(kind: Kind) -> Guard:
    """Say that there is no such thing after the moment that is shown."""

    def guard(situation: Situation) -> str | None:
        if kind in situation.after:
            return None
        if kind is Kind.MARK:
            return "There is no mark after this moment. M sets one."
        if situation.replayed:
            return f"There is no {_THINGS[kind]} after this one in the recording."
        return f"There is no {_THINGS[kind]} after this one yet."

    return guard


def nothing_before(kind: Kind) -> Guard:
    """Say that there is no such thing before the moment that is shown."""

    def guard(situation: Situation) -> str | None:
        if kind in situation.before:
            return None
        if kind is Kind.MARK:
            return "There is no mark before this moment. M sets one."
        return f"There is no {_THINGS[kind]} before this one."

    return guard


def at_the_end(situation: Situation) -> str | None:
    """There is nothing after now."""
    if situation.replayed:
        return "This is the end of the recording already." if situation.at_end else None
    return None if situation.past or situation.paused or situation.slow else "This is now already."


def play_or_pause(situation: Situation, do: Controls) -> None:
    """The other of the two."""
    (do.run.play if situation.paused else do.run.pause)()


def next_pace(situation: Situation, do: Controls) -> None:
    """The one after the present one."""
    paces = tuple(PACES)
    do.run.set_pace(paces[(paces.index(situation.pace) + 1) % len(paces)])


def _step(direction: int, kind: Kind, name: str, *keys: str, label: str, text: str) -> Action:
    """One step there or back."""
    there = direction > 0
    return Action(
        id=name, keys=keys, group=Group.TIME, label=label, help=text,
        run=lambda _, do: do.run.step(direction, kind),
        unless=(guards.starting, (nothing_after if there else nothing_before)(kind)),
        face=(lambda _: _WORDS[kind]) if there else None,
    )  # fmt: skip


_WORDS = {  # on the button of the step forward, for both
    Kind.MOMENT: ("step", "step"),
    Kind.SEGMENT: ("segment", "seg"),
    Kind.STATE: ("state", "state"),
    Kind.MARK: ("mark", "mark"),
}

ACTIONS = (
    Action(
        id="play", keys=("space",), group=Group.TIME, label="play or pause", short="play",
        help="Stop the screen where it is, or let it go on; a live run goes on in any case.",
        run=play_or_pause, unless=(guards.starting,),
        face=lambda s: ("pause", "pause") if not s.paused else ("play", "play"),
    ),
    _step(
        -1, Kind.MOMENT, "back", "left", label="back",
        text="Go back to the moment before: every segment, call and state change is one.",
    ),
    _step(1, Kind.MOMENT, "forward", "right", label="forward", text="Go on to the next moment."),
    _step(
        -1, Kind.SEGMENT, "segment-back", "left_curly_bracket", "shift+left", label="back by segment",
        text="Go back to where a segment was sent, let go, delivered or lost.",
    ),
    _step(
        1, Kind.SEGMENT, "segment-forward", "right_curly_bracket", "shift+right", label="forward by segment",
        text="Go on to where a segment is sent, let go, delivered or lost.",
    ),
    _step(
        -1, Kind.STATE, "state-back", "left_parenthesis", "ctrl+left", label="back by state",
        text="Go back to where an end changed its state.",
    ),
    _step(
        1, Kind.STATE, "state-forward", "right_parenthesis", "ctrl+right", label="forward by state",
        text="Go on to where an end changes its state.",
    ),
    _step(-1, Kind.MARK, "mark-back", "J", label="back to a mark", text="Go back to the mark before."),
    _step(1, Kind.MARK, "mark-forward", "j", label="on to a mark", text="Go on to the next mark."),
    Action(
        id="mark", keys=("M",), group=Group.TIME, label="set a mark", short="mark",
        help="Mark this moment, to come back to; a mark of now is recorded, too.",
        run=lambda _, do: do.run.mark(), unless=(guards.starting,), face=lambda _: ("mark", "mark"),
    ),
    Action(
        id="start", keys=("home",), group=Group.TIME, label="start",
        help="Go back to the beginning.",
        run=lambda _, do: do.run.seek(0), unless=(guards.starting,),
    ),
    Action(
        id="now", keys=("end",), group=Group.TIME, label="now, or the end", short="now",
        help="Follow what happens now; in a recording, go to its end.",
        run=lambda _, do: do.run.live(), unless=(guards.starting, at_the_end),
        face=lambda s: ("end", "end") if s.replayed else ("now", "now"),
    ),
    Action(
        id="slower", keys=("less_than_sign", "comma"), group=Group.TIME, label="slower",
        help="Show time passing more slowly, down to 1/10000 of what it was.",
        run=lambda _, do: do.run.faster(-1), unless=(guards.starting,),
    ),
    Action(
        id="faster", keys=("greater_than_sign", "full_stop"), group=Group.TIME, label="faster",
        help="Show time passing faster, up to 100 times what it was.",
        run=lambda _, do: do.run.faster(1), unless=(guards.starting,),
    ),
    Action(
        id="pace", keys=("z",), group=Group.TIME, label="idle time",
        help="When nothing happens: go on soon, wait as it was, or show every step in slow motion.",
        run=next_pace, unless=(guards.starting,),
        face=lambda s: (PACES[s.pace], PACES[s.pace]),
    ),
)  # fmt: skip
