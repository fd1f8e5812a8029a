"""What is pointed at and how it is shown: side, connection, packet, inspector, tabs, theme. Pure."""

from collections.abc import Callable
from dataclasses import replace

from sockviz.inks import INKS
from sockviz.tui.actions import guards, target
from sockviz.tui.actions.action import Action, Controls, Group, Situation
from sockviz.tui.actions.teaching import labels

NUMBERS = 9


def _other(side: str) -> tuple[str, str]:
    """The label of the action that leaves `side`."""
    host = "server" if side == "client" else "client"
    return f"the {host}'s end", host


def other_side(situation: Situation, do: Controls) -> None:
    """The calls are made on the other host from now on."""
    side = "server" if situation.selection.side == "client" else "client"
    do.desk.select(replace(situation.selection, side=side))


def neighbour(by: int) -> Callable[[Situation, Controls], None]:
    """An action that chooses the connection before or after the chosen one."""

    def run(situation: Situation, do: Controls) -> None:
        ids = tuple(situation.world.connections)
        chosen = target.connection(situation)
        if chosen is None:
            return
        # Without a selection the first press shows what the keys act on anyway.
        step = by if situation.selection.connection is not None else 0
        at = min(max(ids.index(chosen.id) + step, 0), len(ids) - 1)
        do.desk.select(replace(situation.selection, connection=ids[at], segment=None))

    return run


def numbered(number: int) -> Action:
    """The action that chooses connection `number`."""

    def absent(situation: Situation) -> str | None:
        return None if number in situation.world.connections else f"There is no connection #{number}."

    def run(situation: Situation, do: Controls) -> None:
        do.desk.select(replace(situation.selection, connection=number, segment=None))

    return Action(
        id=f"connection-{number}", keys=(str(number),), group=Group.VIEW, label="connection by number",
        help="Choose a connection by its number.",
        run=run, unless=(guards.no_connection, absent), keys_shown=f"1…{NUMBERS}", listed=number == 1,
    )  # fmt: skip


def packet(by: int) -> Callable[[Situation, Controls], None]:
    """An action that selects the packet sent before or after the selected one; first the newest."""

    def run(situation: Situation, do: Controls) -> None:
        ids = [arrow.id for arrow in situation.arrows]
        selected = situation.selection.segment
        at = min(max(ids.index(selected) + by, 0), len(ids) - 1) if selected in ids else len(ids) - 1
        do.desk.select(
            replace(situation.selection, segment=ids[at], connection=situation.arrows[at].connection)
        )

    return run


def audience(situation: Situation) -> tuple[str, str]:
    """What the key of the projector mode does now."""
    if situation.lesson:
        return labels(situation, "DESK" if situation.large else "AUDIENCE", "")
    return ("show everything", "all") if situation.large else ("projector mode", "projector")


def themed(name: str) -> Action:
    """The action that chooses a theme by name."""
    return Action(
        id=f"theme-{name}", keys=(), group=Group.VIEW, label=f"theme: {name}", help=f"Use the {name} theme.",
        run=lambda _, do: do.desk.choose_theme(name), listed=False,
    )  # fmt: skip


def alone(situation: Situation, do: Controls) -> None:
    """The ladder is of the chosen connection alone; or of all again."""
    chosen = target.connection(situation)
    if chosen is not None and situation.selection.connection is None and not situation.only:
        do.desk.select(replace(situation.selection, connection=chosen.id))
    do.desk.toggle_only()


def escape(situation: Situation, do: Controls) -> None:
    """Close the inspector; or else point at nothing (the side stays)."""
    if situation.inspecting:
        do.desk.toggle_inspector()
    else:
        do.desk.select(replace(situation.selection, connection=None, segment=None))


ACTIONS = (
    Action(
        id="side", keys=("tab", "shift+tab"), keys_shown="Tab",
        group=Group.VIEW, label="client or server", short="side",
        help="Choose whose end the calls are made on.",
        run=other_side,
        face=lambda s: _other(s.selection.side),
    ),
    Action(
        id="previous-connection", keys=("up",), group=Group.VIEW, label="previous connection", short="prev",
        help="Choose the connection before.",
        run=neighbour(-1), unless=(guards.no_connection,),
    ),
    Action(
        id="next-connection", keys=("down",), group=Group.VIEW, label="next connection", short="next",
        help="Choose the connection after.",
        run=neighbour(1), unless=(guards.no_connection,),
    ),
    *(numbered(n) for n in range(1, NUMBERS + 1)),
    Action(
        id="previous-packet", keys=("left_square_bracket",), group=Group.VIEW, label="previous packet",
        short="pkt", help="Select the packet sent before the selected one.",
        run=packet(-1), unless=(guards.no_packets,),
    ),
    Action(
        id="next-packet", keys=("right_square_bracket",), group=Group.VIEW, label="next packet", short="pkt",
        help="Select the packet sent after the selected one.",
        run=packet(1), unless=(guards.no_packets,),
    ),
    Action(
        id="inspect", keys=("i", "enter"), group=Group.VIEW, label="look into", short="look",
        help="Show all that is known of what is selected, else of your own programs, or close that again.",
        run=lambda _, do: do.desk.toggle_inspector(), unless=(guards.nothing_known,),
    ),
    Action(
        id="page-up", keys=("pageup",), group=Group.VIEW, label="scroll up",
        help="Scroll back in what is looked into, else in the ladder.",
        run=lambda _, do: do.desk.scroll(-1),
    ),
    Action(
        id="page-down", keys=("pagedown",), group=Group.VIEW, label="scroll down",
        help="Scroll on in what is looked into, else in the ladder.",
        run=lambda _, do: do.desk.scroll(1),
    ),
    Action(
        id="deselect", keys=("escape",), group=Group.VIEW, label="deselect",
        help="Close what is looked into; then point at nothing: keys act on the newest live connection.",
        run=escape,
    ),
    Action(
        id="list", keys=("L",), group=Group.VIEW, label="list of connections", short="list",
        help="Go back to the list that this was chosen from: a capture's connections, or the lessons.",
        run=lambda _, do: do.desk.leave(), unless=(guards.not_listed,),
        face=lambda s: labels(s, "LESSONS", "list") if s.lesson else ("list of connections", "list"),
    ),
    Action(
        id="tab", keys=("t",), group=Group.VIEW, label="ladder, table or source", short="tab",
        help="Show the next one of ladder, socket table and program source.",
        run=lambda _, do: do.desk.toggle_tab(),
    ),
    Action(
        id="source", keys=("v",), group=Group.VIEW, label="program source", short="code",
        help="Show the source of the chosen side's program, with the line that it is in now; or hide it.",
        run=lambda _, do: do.desk.toggle_source(),
        face=lambda s: ("hide source", "hide") if s.sourced else ("program source", "code"),
    ),
    Action(
        id="language", keys=("y",), group=Group.VIEW, label="Python or C", short="language",
        help="Show the source in Python, in C, or in both where there is room.",
        run=lambda _, do: do.desk.next_language(), unless=(guards.no_source,),
    ),
    Action(
        id="only", keys=("O",), group=Group.VIEW, label="only this connection", short="only this",
        help="Draw the ladder of the chosen connection alone, or of all.",
        run=alone, unless=(guards.no_connection,),
        face=lambda s: ("all connections", "all") if s.only else ("only this connection", "only this"),
    ),
    Action(
        id="projector", keys=("P",), group=Group.VIEW, label="projector mode", short="projector",
        help="Show less, larger, black on white, for an audience; or everything again.",
        run=lambda _, do: do.desk.toggle_projector(),
        face=audience,
    ),
    Action(
        id="theme", keys=("T",), group=Group.VIEW, label="next theme", short="theme",
        help=f"Change the colours: {', '.join(INKS)}.",
        run=lambda _, do: do.desk.next_theme(),
    ),
    *(themed(name) for name in INKS),
    Action(
        id="echo", keys=("k",), group=Group.VIEW, label="show keys", short="echo",
        help="Show the last key that was pressed, for an audience.",
        run=lambda _, do: do.desk.toggle_echo(),
    ),
)  # fmt: skip
