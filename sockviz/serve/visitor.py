"""`python -m sockviz.serve.visitor PARENT ARGUMENT...`: what one visitor sees, drawn for a browser.

Textual's web driver draws it, as the environment says (`sockviz.serve.session` sets it). There is no terminal
to check or to restore. It ends with the server, whatever ends that.
"""

import sys
from collections.abc import Sequence
from typing import Final

from sockviz import arguments, cli
from sockviz.errors import UserError
from sockviz.process import die_with_parent, give_way, set_thread_name

NICE: Final = 5
"""The teacher's own work comes first."""


def show(request: arguments.Request) -> int:
    """Show it until the visitor leaves; returns the exit status.

    Raises:
        UserError: it could not start, or ended badly.
    """
    match request:
        case arguments.Stage():
            from sockviz import onscreen  # noqa: PLC0415 - each imports its own

            return onscreen.play(request)
        case arguments.Lesson():
            from sockviz.lessons.text import chosen  # noqa: PLC0415
            from sockviz.tui import lessons  # noqa: PLC0415

            language = chosen(request.language)
            return lessons.run(request.name, None, language, theme=request.theme, projector=request.projector)
        case arguments.Replay():
            from sockviz import replaying  # noqa: PLC0415

            return replaying.play(request)
        case _:
            raise UserError("this can't be served", "see sockviz serve --help", "usage")


def main(argv: Sequence[str]) -> int:
    """Be a visitor's app: `argv` has the server's pid, and what is served as `sockviz` takes it."""
    parent, *wanted = argv
    die_with_parent(int(parent))
    set_thread_name("sockviz visitor")
    give_way(NICE)
    return show(arguments.parse(wanted))


if __name__ == "__main__":
    cli.exit_with(lambda: main(sys.argv[1:]))
