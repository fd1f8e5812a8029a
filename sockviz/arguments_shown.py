"""What the commands that start a run have in common on their command lines. Nothing is started here."""

import argparse
from pathlib import Path

import msgspec

from sockviz.errors import UserError
from sockviz.options import Parser, add_look, milliseconds, seconds
from sockviz.session.plan import Plan


class Shown(msgspec.Struct, frozen=True):
    """A run that is started, and may be recorded and shown."""

    plan: Plan
    record: Path | None
    theme: str | None = None
    """One of `sockviz.options.THEMES`; None: what suits the mode."""
    projector: bool = False
    """Begin in projector mode."""
    language: str | None = None
    """`en` or `zh`; None: the locale's."""


def check_headless(given: argparse.Namespace) -> None:
    """See that nothing was asked for that takes a screen.

    Raises:
        UserError: it was, and `--headless` too.
    """
    if given.headless and getattr(given, "mode", None) == "hold":
        raise UserError("--headless can't hold the wire: nobody would release anything", "leave out --hold")
    if given.headless and (given.theme or given.projector):
        raise UserError("--headless shows nothing", "leave out --theme and --projector")


def add_wire(parser: Parser, title: str, *, held: str, flowing: str) -> "argparse._ArgumentGroup":
    """The options of the lab's wire; `held` or `flowing` says when that is the default."""
    wire = parser.add_argument_group(title)
    mode = wire.add_mutually_exclusive_group()
    mode.add_argument(
        "--hold",
        dest="mode",
        action="store_const",
        const="hold",
        help=f"hold every segment until it is released{held}",
    )
    mode.add_argument(
        "--flow", dest="mode", action="store_const", const="flow", help=f"let segments pass{flowing}"
    )
    wire.add_argument(
        "--delay",
        type=milliseconds,
        metavar="MS",
        help="how long a segment is on its way (default: 400; with --headless 0)",
    )
    return wire


def add_rest(parser: Parser, headless: str, *, language: bool = True) -> None:
    """The options of the screen (`language`: it has more than one), and of doing without.

    `headless`: what there is then.
    """
    add_look(parser, language=language)
    add = parser.add_argument_group("without a screen, and what remains").add_argument
    add(
        "--record", type=Path, metavar="FILE", help="write everything that is observed to FILE, as JSON lines"
    )
    add("--headless", action="store_true", help=f"no screen: {headless}")
    add("--duration", type=seconds, metavar="S", help="end after S seconds")
