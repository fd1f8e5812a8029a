"""Help, palette, a picture, quit. Pure."""

from sockviz.tui.actions.action import Action, Group
from sockviz.tui.actions.guards import recorded, visiting
from sockviz.tui.actions.teaching import labels

ACTIONS = (
    Action(
        id="help", keys=("question_mark", "f1"), group=Group.APP, label="all keys", short="keys",
        help="Show every key and what it does.",
        run=lambda _, do: do.desk.open_help(),
        face=lambda s: labels(s, "KEYS", "") if s.lesson else ("all keys", "keys"),
    ),
    Action(
        id="palette", keys=("m", "ctrl+p"), group=Group.APP, label="… more", short="…",
        help="Search all actions by name.",
        run=lambda _, do: do.desk.open_palette(),
    ),
    Action(
        id="lessons", keys=(), group=Group.APP, label="lessons", listed=False,
        help="End this run, and choose a lesson of the course.",
        run=lambda s, do: do.desk.leave() if s.lesson else do.desk.open_lessons(),
        unless=(visiting, recorded),
    ),
    Action(
        id="save", keys=("S",), group=Group.APP, label="save a picture", short="save",
        help="Save the screen as a picture (SVG): in the working directory, or by your browser.",
        run=lambda _, do: do.desk.save(),
    ),
    Action(
        id="quit", keys=("q", "ctrl+c", "ctrl+q"), keys_shown="q Ctrl+C", group=Group.APP, label="quit",
        help="End both hosts and leave nothing behind.",
        run=lambda _, do: do.desk.quit(), face=lambda s: labels(s, "QUIT", "quit"),
    ),
)  # fmt: skip
