"""What the command line of `sockviz watch` says, checked. Nothing is started or opened here."""

import argparse
import re
from collections.abc import Sequence
from typing import Final

from sockviz import addresses
from sockviz.arguments_shown import Shown, add_rest, check_headless
from sockviz.errors import UserError
from sockviz.intents import Setup, Watched
from sockviz.options import MS, SECOND, Parser, milliseconds, one_of, read, whole
from sockviz.session.plan import Plan

SHORTEST: Final = 10 * MS
LONGEST: Final = 10 * SECOND
"""ns between two readings."""
MOST_TARGETS: Final = 32
_PORT: Final = re.compile(r":?([0-9]{1,5})", re.ASCII)
_LARGEST_PORT: Final = 65_535
_LARGEST_PID: Final = 1 << 22
"""PID_MAX_LIMIT of 64-bit kernels."""


class Watch(Shown, frozen=True):
    """Watch listeners of this machine: `plan.setup.watch`."""

    headless: bool = False


def parse(arguments: Sequence[str]) -> Watch:
    """What is asked for.

    Raises:
        UserError: it can't be understood.
    """
    given = read(parser(), arguments)
    check_headless(given)
    if len(given.targets) + len(given.pid) > MOST_TARGETS:
        raise UserError(f"at most {MOST_TARGETS} listeners can be named", "see all: sockviz watch", "usage")
    watched = Watched(
        targets=tuple(dict.fromkeys(given.targets)),
        pids=tuple(dict.fromkeys(given.pid)),
        netns=given.netns or "",
        interval=given.interval,
        level=given.level,
    )
    plan = Plan(setup=Setup(source="watch", watch=watched), duration=given.duration)
    return Watch(plan, given.record, given.theme, given.projector, headless=given.headless)


def parser() -> Parser:
    """The options."""
    made = Parser(
        "sockviz watch",
        "Watch listeners that run already: their queues, connections, waiting times, and why they drop\n"
        "connections. Nothing of them is changed. Without a target: all listeners of this machine.",
        "Queues and states need no rights. With the right to capture packets each connection is seen; as\n"
        "root the kernel's tracepoint tells each transition. What is not seen is said.\n\n"
        "examples:\n"
        "  sockviz watch                       all listeners, to choose from\n"
        "  sockviz watch :8001 127.0.0.1:80    these\n"
        "  sockviz watch --pid 4711            every listener of a process\n"
        "  sockviz watch --headless :8001      what is seen as JSON lines, for scripts",
    )
    made.add_argument(
        "targets",
        nargs="*",
        type=_target,
        metavar="[ADDR]:PORT",
        help="a listener by its port (8001, :8001) or its address (127.0.0.1:80, [::1]:80)",
    )
    _add_what(made)
    add_rest(
        made, "what is observed on standard output as JSON lines, a summary on standard error", language=False
    )
    return made


def _add_what(made: Parser) -> None:
    add = made.add_argument_group("what is watched, and how").add_argument
    add(
        "--pid",
        action="append",
        default=[],
        type=whole(1, _LARGEST_PID, "a process's id"),
        metavar="PID",
        help="every listener of this process; may be given again",
    )
    add(
        "--netns",
        type=_namespace,
        metavar="PID|NAME",
        help="in the network namespace of this process (of a container), or of this name (ip netns)",
    )
    add(
        "--interval",
        type=_interval,
        default=100 * MS,
        metavar="MS",
        help="how often the kernel's table is read (default: 100; rarer where that would cost too much)",
    )
    add(
        "--level",
        type=one_of("best", "sampling", "packets", "trace"),
        default="best",
        metavar="best|sampling|packets|trace",
        help="how much is to be seen (default: the most that you may, and less where that is too much)",
    )


def _target(text: str) -> str:
    """`:8001`, `127.0.0.1:80`, `[::1]:80`; `8001` is the first of these."""
    match = _PORT.fullmatch(text)
    if match and 0 < int(match[1]) <= _LARGEST_PORT:
        return f":{int(match[1])}"
    try:
        address = addresses.parse(text.replace("localhost:", "127.0.0.1:").replace("*:", "0.0.0.0:"))
    except ValueError:
        address = None
    if address is None or not address.port:
        raise argparse.ArgumentTypeError(f"{text!r} is no port like 8001, and no address like 127.0.0.1:8001")
    return str(address)


def _namespace(text: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,255}", text, re.ASCII) or text in {".", ".."}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a process's id nor the name of a namespace")
    return text


def _interval(text: str) -> int:
    interval = milliseconds(text)
    if not SHORTEST <= interval <= LONGEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is out of range: from {SHORTEST // MS} ms to {LONGEST // MS} ms"
        )
    return interval
