"""What the command line of `sockviz run` says, checked. Nothing is started here."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sockviz import commands
from sockviz.arguments_shown import Shown, add_rest, add_wire, check_headless
from sockviz.errors import UserError
from sockviz.intents import Command, Setup
from sockviz.options import STAGE_DELAY, Parser, read
from sockviz.session.plan import Plan

MOST_COMMANDS: Final = 64


class OwnPrograms(Shown, frozen=True):
    """Run the user's own programs in the lab: `plan.setup.commands`."""

    headless: bool = False


def parse(arguments: Sequence[str]) -> OwnPrograms:
    """What is asked for.

    Raises:
        UserError: it can't be understood.
    """
    given = read(parser(), arguments)
    if not given.server:
        raise UserError("which server?", "give one with --server CMD", "usage")
    check_headless(given)
    asked = [
        *(Command(host="server", text=text) for text in given.server),
        *(Command(host="client", text=text) for text in given.client),
    ]
    if len(asked) > MOST_COMMANDS:
        raise UserError(f"at most {MOST_COMMANDS} programs can be started", "start more later", "usage")
    for command in asked:
        commands.argv(command.text)
    setup = Setup(
        source="lab",
        ipv6=given.ipv6,
        mode=given.mode or "flow",
        delay=given.delay if given.delay is not None else 0 if given.headless else STAGE_DELAY,
        commands=tuple(asked),
        environment=dict(given.env),
        directory=_directory(given.cwd),
        trace=not given.no_strace,
    )
    plan = Plan(setup=setup, duration=given.duration)
    return OwnPrograms(plan, given.record, given.theme, given.projector, given.lang, given.headless)


def _directory(given: Path | None) -> str:
    if given is None:
        return ""
    if not given.is_dir():
        raise UserError(f"{given} is no directory", "see --cwd", "usage")
    return str(given.resolve())


def _variable(text: str) -> tuple[str, str]:
    """`NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not name or not equals or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def parser() -> Parser:
    """The options."""
    made = Parser(
        "sockviz run",
        "Run your own programs in the lab, unchanged: the server and the clients are each on a host of\n"
        "their own, with the wire between them. They are you, see your files, and have a terminal each.",
        "The server is 10.0.0.1 (fd00::1), the clients' host 10.0.0.2 (fd00::2). Clients are started when a\n"
        "server listens, at whatever port. Commands are split into words as by a shell; one that has more\n"
        "of a shell's language (| $ > …) is run by /bin/sh. Only their network is the lab's: with\n"
        "your files they may do what you may. They end with the run.\n\n"
        "Exit status: 0 done; 1 a program failed, or the server never listened (with --headless); 2 wrong\n"
        "use, or no such program.\n\n"
        "example:\n"
        "  sockviz run --server './tcp_server 8001' --client 'nc 10.0.0.1 8001'",
    )
    _add_programs(made)
    add = add_wire(made, "the wire", held="", flowing=" (default)").add_argument
    add("--ipv6", action="store_true", help="show the hosts' IPv6 addresses; the programs have both")
    add_rest(made, "events on standard output as JSON lines, until all clients have ended")
    return made


def _add_programs(made: Parser) -> None:
    add = made.add_argument_group("the programs").add_argument
    add(
        "--server",
        action="append",
        default=[],
        metavar="CMD",
        help="a program on the server's host, started at once; may be given again",
    )
    add(
        "--client",
        action="append",
        default=[],
        metavar="CMD",
        help="a program on the clients' host, started when a server listens; may be given again",
    )
    add(
        "--env",
        action="append",
        default=[],
        type=_variable,
        metavar="K=V",
        help="a variable of their environment, besides your own; may be given again",
    )
    add("--cwd", type=Path, metavar="DIR", help="where they are started (default: here)")
    add(
        "--no-strace",
        action="store_true",
        help="do not follow their calls with strace, which slows them down a little: what they are "
        "blocked in is then read from proc now and then",
    )
