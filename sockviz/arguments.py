"""What the command line says, checked: options, their values, and one clear line for what is wrong.

Nothing is started or opened here, and nothing is imported that takes time.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from sockviz import __version__, arguments_run, arguments_serve, arguments_watch
from sockviz.arguments_run import OwnPrograms
from sockviz.arguments_serve import Serve
from sockviz.arguments_shown import Shown, add_rest, add_wire, check_headless
from sockviz.arguments_watch import Watch
from sockviz.errors import UserError
from sockviz.intents import Connect, Setup
from sockviz.options import (
    STAGE_DELAY,
    Parser,
    add_look,
    one_of,
    read,
    screen_size,
    whole,
)
from sockviz.session.plan import Plan

FORMATS: Final = {
    "text": "a ladder, for a terminal or a handout",
    "mermaid": "a sequence diagram, for documents that draw Mermaid",
    "svg": "the ladder as a picture, for slides (--theme, --captions)",
    "html": "a page that plays in any browser, without a network",
    "cast": "an asciinema recording of the screen (--size, --theme)",
    "states": "every transition of each end, a JSON object a line",
    "pcapng": "the packets, for Wireshark: what the wire did with them as comments",
}
"""What a recording can be made into."""
_ONLY_WITH: Final = {"theme": ("svg", "cast"), "captions": ("svg",), "size": ("cast",)}
"""Options that only some formats have."""
MOST_CLIENTS: Final = 256
"""Each is a process."""


class Stage(Shown, frozen=True):
    """Show a run on the screen."""


class Headless(msgspec.Struct, frozen=True):
    """Play a whole life without a screen."""

    plan: Plan
    record: Path | None
    clients: int


class Export(msgspec.Struct, frozen=True):
    """Turn a recording into something else."""

    recording: Path
    to: str
    """One of `FORMATS`."""
    out: Path | None
    theme: str | None = None
    """`light` or `dark`; None: the format's own."""
    captions: bool = False
    """Say what happens, in sentences."""
    size: tuple[int, int] | None = None
    """Columns and rows of the screen."""


class Replay(msgspec.Struct, frozen=True):
    """Show a recording or a capture, or print its events."""

    recording: Path
    connection: int | None
    """Of a capture, only this one."""
    headless: bool
    theme: str | None = None
    """One of `THEMES`; None: what suits the mode."""
    projector: bool = False
    """Begin in projector mode."""
    language: str | None = None
    """`en` or `zh`; None: the locale's."""


class Doctor(msgspec.Struct, frozen=True):
    """Say what works here."""

    json: bool


class Lessons(msgspec.Struct, frozen=True):
    """List the lessons of the course."""

    json: bool
    language: str | None


class CheckLesson(msgspec.Struct, frozen=True):
    """See whether a file is a lesson, without running it."""

    file: Path


class Lesson(msgspec.Struct, frozen=True):
    """Play a lesson."""

    name: str | None
    """Its id, or a file; None: choose one from the list."""
    headless: bool
    record: Path | None
    language: str | None
    """`en` or `zh`; None: the locale's."""
    theme: str | None = None
    """One of `THEMES`; None: what suits the mode."""
    projector: bool = False
    """Begin in projector mode."""
    notes: bool = False
    """For who presents it, in a terminal of its own."""


Request: TypeAlias = (
    Stage | OwnPrograms | Watch | Headless | Replay | Export | Serve | Doctor | Lessons | CheckLesson | Lesson
)


def parse(arguments: Sequence[str]) -> Request:  # noqa: PLR0911 - one for each command
    """What is asked for. `--help` and `--version` are answered at once, with SystemExit.

    Raises:
        UserError: it can't be understood.
    """
    match arguments:
        case [("run" | "watch") as command, *rest]:
            return arguments_run.parse(rest) if command == "run" else arguments_watch.parse(rest)
        case ["serve", *rest]:
            return arguments_serve.parse(rest)
        case ["lesson", *rest]:
            return _lesson(read(_lesson_parser(), rest))
        case ["export", *rest]:
            return _export(read(_export_parser(), rest))
        case ["replay", *rest]:
            given = read(_replay_parser(), rest)
            check_headless(given)
            return Replay(
                given.recording, given.connection, given.headless, given.theme, given.projector, given.lang
            )
        case ["doctor", *rest]:
            return Doctor(read(_doctor_parser(), rest).json)
        case _:
            return _run(read(_run_parser(), arguments))


def _run(given: argparse.Namespace) -> Stage | Headless:
    """On the stage the user does things one by one, without it they happen by themselves: other defaults."""
    if given.source == "loopback" and (given.mode == "hold" or given.delay):
        raise UserError(
            "loopback has no wire that could be held or slowed",
            "leave out --hold and --delay, or use --source lab",
        )
    check_headless(given)
    stage = not given.headless
    lab = given.source != "loopback"
    setup = Setup(
        source="lab" if lab else "loopback",
        port=given.port,
        backlog=given.backlog,
        accept=given.accept or ("manual" if stage else "auto"),
        ipv6=given.ipv6,
        mode=given.mode or ("hold" if stage and lab else "flow"),
        delay=given.delay if given.delay is not None else STAGE_DELAY if stage and lab else 0,
    )
    clients = given.clients
    opening = (Connect(count=clients),) if stage and clients else ()
    plan = Plan(setup=setup, fallback=given.source is None, opening=opening, duration=given.duration)
    if stage:
        return Stage(plan, given.record, given.theme, given.projector, given.lang)
    return Headless(plan, given.record, 1 if clients is None else clients)


def _export(given: argparse.Namespace) -> Export:
    for option, formats in _ONLY_WITH.items():
        if getattr(given, option) and given.to not in formats:
            raise UserError(
                f"--{option} can't be given with --to {given.to}", f"it is for {' and '.join(formats)}"
            )
    return Export(given.recording, given.to, given.out, given.theme, given.captions, given.size)


def _lesson(given: argparse.Namespace) -> Lessons | CheckLesson | Lesson:
    wanted = sum((given.list, given.check is not None, given.name is not None))
    if wanted > 1 or (not wanted and (given.headless or given.notes)):
        raise UserError("name one lesson, or give --list or --check FILE", "see sockviz lesson --help")
    if given.json and not given.list:
        raise UserError("--json goes with --list", "see sockviz lesson --help")
    if given.list:
        return Lessons(given.json, given.lang)
    if given.check is not None:
        return CheckLesson(given.check)
    if not given.notes:
        check_headless(given)
    look = {"theme": given.theme, "projector": given.projector, "notes": given.notes}
    return Lesson(given.name, given.headless, given.record, given.lang, **look)


# the parsers

_ABOUT = """\
See TCP connections being made by the real kernel: the packets on the wire, the state of
each end, the queues of the listener, the descriptors, and the calls that programs are
blocked in. Without a command: the stage, where you do it all yourself."""

_COMMANDS = """\
commands:
  sockviz                the stage (or, with --headless, one whole life as JSON lines)
  sockviz run            your own programs as server and clients, on the lab's wire
  sockviz watch          listeners that run already: queues, connections, why they drop
  sockviz lesson [ID]    a guided lesson; without ID, the course to choose from
  sockviz replay FILE    a recording or a capture (.pcap, .pcapng) on the stage
  sockviz export FILE    a recording as text, or its state transitions
  sockviz serve          the same in a browser, for a class: to each a lab of their own
  sockviz doctor         what works on this machine, and what would make more of it work

`sockviz COMMAND --help` says more. Exit status: 0 done, 1 (with --headless) a lesson's
expectation did not hold or a program failed, 2 wrong use or something missing."""


def _run_parser() -> Parser:
    parser = Parser("sockviz", _ABOUT, _COMMANDS)
    parser.add_argument(
        "--version", action="version", help="show the version", version=f"sockviz {__version__}"
    )
    add = parser.add_argument_group("the run").add_argument
    add(
        "--source",
        type=one_of("lab", "loopback"),
        metavar="lab|loopback",
        help="two hosts of our own and a wire between them, or this machine's loopback "
        "(default: lab, and loopback where there is no lab)",
    )
    add(
        "--port",
        type=whole(1, 65_535, "a port"),
        default=8001,
        metavar="N",
        help="the server's port (default: 8001)",
    )
    add("--ipv6", action="store_true", help="IPv6 instead of IPv4")
    add(
        "--backlog",
        type=whole(0, 65_535, "a backlog"),
        default=2,
        metavar="N",
        help="what the server passes to listen() (default: 2)",
    )
    add(
        "--accept",
        type=one_of("auto", "manual", "never"),
        metavar="auto|manual|never",
        help="when the server calls accept() (default: manual; with --headless auto)",
    )
    add(
        "--clients",
        type=whole(0, MOST_CLIENTS, "a number of clients"),
        metavar="N",
        help="clients that connect at the start (default: none; with --headless 1)",
    )
    add_wire(parser, "the lab's wire", held=" (default on the stage)", flowing=" (default with --headless)")
    add_rest(parser, "one whole life plays by itself, its events on standard output as JSON lines")
    return parser


def _replay_parser() -> Parser:
    parser = Parser(
        "sockviz replay",
        "Show a recording (made with `sockviz --record FILE`) on the stage: play it, step through it, back\n"
        "and forth. Of a capture (.pcap, .pcapng) choose a connection from the list of all.",
    )
    add = parser.add_argument
    add("recording", type=Path, metavar="FILE", help="the recording, or a .pcap or .pcapng")
    add(
        "--connection",
        type=whole(1, 10**9, "a connection's number"),
        metavar="N",
        help="only connection N of a capture, without the list",
    )
    add("--headless", action="store_true", help="no screen: its events on standard output as JSON lines")
    add_look(parser)
    return parser


def _export_parser() -> Parser:
    parser = Parser(
        "sockviz export",
        "Turn a recording (made with `sockviz --record FILE`) or a capture into something else.",
        "formats:\n" + "\n".join(f"  {name:<8} {about}" for name, about in FORMATS.items()),
    )
    add = parser.add_argument
    add("recording", type=Path, metavar="FILE", help="the recording, or a .pcap or .pcapng")
    add(
        "--to",
        type=one_of(*FORMATS),
        required=True,
        metavar="FORMAT",
        help="one of those below",
    )
    add("-o", dest="out", type=Path, metavar="OUT", help="where to write it (default: standard output)")
    add("--theme", type=one_of("light", "dark"), metavar="light|dark", help="the picture's colours")
    add("--captions", action="store_true", help="with sentences that say what happens and why")
    add("--size", type=screen_size, metavar="COLSxROWS", help="of the screen (default: 120x36)")
    return parser


def _lesson_parser() -> Parser:
    parser = Parser(
        "sockviz lesson",
        "A guided lesson: you predict what the kernel will do, and then you see it. Without ID: the course.",
        "Exit status: 0 done; 1 (with --headless) the kernel did something else than the lesson expects: on\n"
        "the screen you see that, and leaving is 0; 2 wrong use, or the file is no lesson.\n"
        "How to write one: python -m sockviz.lessons.reference",
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="ID|FILE", help="a lesson of the course by its id, or a TOML file")
    add("--list", action="store_true", help="the lessons of the course, in their order")
    add("--json", action="store_true", help="with --list: for programs")
    add("--check", type=Path, metavar="FILE", help="see whether FILE is a lesson, without running it")
    add(
        "--headless",
        action="store_true",
        help="no screen: it plays by itself, its events on standard output as JSON lines, and what the "
        "kernel answered on standard error",
    )
    add(
        "--notes",
        action="store_true",
        help="for who presents it, in a second terminal: what will be said, the answers, what to point at; "
        "it follows the lesson in the first one (with --headless: printed)",
    )
    add(
        "--record",
        type=Path,
        metavar="FILE",
        help="write everything that is observed to FILE; whenever the lab is built anew, to FILE-2, FILE-3 …",
    )
    add_look(parser)
    return parser


def _doctor_parser() -> Parser:
    parser = Parser("sockviz doctor", "Say what works on this machine, and what would make more of it work.")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser
