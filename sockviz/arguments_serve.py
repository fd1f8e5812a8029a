"""What the command line of `sockviz serve` says, checked. Nothing is started or opened here.

What is served stands in it as it would stand after `sockviz`; the server's own options are told apart by
their names.
"""

import argparse
import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sockviz.errors import UserError
from sockviz.options import Parser, whole

MINUTE: Final = 60
USUAL_PORT: Final = 8765
USUAL_ADDRESS: Final = "127.0.0.1"
MOST_SESSIONS: Final = 500
_MOST_IDLE: Final = 24 * 60
_ALIKE: Final = 0.8
"""As `difflib` measures it."""
_USAGE: Final = "see sockviz serve --help"


class Serve(msgspec.Struct, frozen=True):
    """Show something in the browsers of others."""

    served: tuple[str, ...]
    """As `sockviz` takes it."""
    what: str
    """In words: `the stage`."""
    address: str
    """An IP address; 0.0.0.0 or ::, all of this machine."""
    port: int | None
    """None: the usual one, or another if that is in use."""
    public_url: str
    """What others open instead; empty: this machine itself."""
    sessions: int | None
    """At the same time; None: as many as this machine can take."""
    idle: int
    """Seconds after which somebody who does nothing is sent away."""
    language: str | None = None
    """`en` or `zh`; None: the locale's."""


def parse(arguments: Sequence[str]) -> Serve:
    """What is asked for.

    Raises:
        UserError: it can't be understood, or it can't be served.
    """
    given, rest = parser().parse_known_args(arguments)
    served, what, language = _served(rest)
    return Serve(
        served=served,
        what=what,
        address=given.address,
        port=given.http_port,
        public_url=given.public_url or "",
        sessions=given.sessions,
        idle=given.idle * MINUTE,
        language=language,
    )


def _served(rest: Sequence[str]) -> tuple[tuple[str, ...], str, str | None]:
    """What the visitors' processes are told, what that is in words, and its language.

    Raises:
        UserError: others may not have that.
    """
    from sockviz import arguments  # noqa: PLC0415 - it imports this module

    match rest[:1]:
        case ["run" | "watch" as command]:
            why = {
                "run": "whoever opens the link would have your programs in hand",
                "watch": "whoever opens the link would see what this machine does",
            }
            raise UserError(
                f"{command} is not served: {why[command]}", "record it, and serve replay FILE", "usage"
            )
        case ["serve" | "export" | "doctor" as command]:
            raise UserError(f"{command} can't be served", _USAGE, "usage")
    try:
        request = arguments.parse(rest)
    except UserError as error:
        error.hint = _meant(rest) or error.hint.replace("see sockviz --help", _USAGE)
        raise
    if getattr(request, "record", None) is not None:
        raise UserError(
            "--record can't be served: each visitor has a run of their own", "leave it out", "usage"
        )
    match request:
        case arguments.Stage(plan=plan, language=language) if plan.setup.source == "lab":
            return (*rest, "--source", "lab"), "the stage", language
        case arguments.Stage():
            raise UserError(
                "loopback can't be served: each visitor needs hosts of their own", _USAGE, "usage"
            )
        case arguments.Lesson(headless=False, notes=False, name=name, language=language):
            return tuple(rest), f"the lesson {name}" if name else "the course", language
        case arguments.Replay(headless=False, recording=recording, language=language):
            if not recording.is_file():
                raise UserError(f"{recording} is no file", "each visitor reads it anew", "usage")
            return tuple(rest), f"the recording {recording.name}", language
    raise UserError("this can't be served: it has no screen", _USAGE, "usage")


def _meant(rest: Sequence[str]) -> str:
    """Which of the server's options was mistyped."""
    import difflib  # noqa: PLC0415 - only for those who mistype

    known = parser().options()
    words = [word.partition("=")[0] for word in rest if word.startswith("--")]
    near = [one for word in words for one in difflib.get_close_matches(word, known, n=1, cutoff=_ALIKE)]
    return f"did you mean {near[0]}?" if near else ""


def parser() -> Parser:
    """The server's own options."""
    made = Parser(
        "sockviz serve",
        "The same in a browser, for a class: whoever opens the link has a stage of their own, with a lab of\n"
        "their own on this machine; or a lesson; or a recording.",
        "what can be served, with its options as without `serve`:\n"
        "  sockviz serve                       the stage\n"
        "  sockviz serve lesson [ID|FILE]      the course, or a lesson\n"
        "  sockviz serve replay FILE           a recording, .pcap or .pcapng\n\n"
        "Only who has the link comes in. Visitors do what there are keys for: they choose no commands or\n"
        "files of this machine. Nothing is encrypted: for that put a proxy with TLS before it, and name it\n"
        "with --public-url. Ctrl-C ends it for everybody, and leaves nothing behind.\n\n"
        "examples:\n"
        "  sockviz serve --address 0.0.0.0 lesson handshake --lang zh\n"
        "  sockviz serve --address 0.0.0.0 --sessions 12 --backlog 1 --projector",
    )  # fmt: skip
    made.usage = "sockviz serve [OPTIONS] [lesson [ID|FILE] | replay FILE] [THEIR OPTIONS]"
    add = made.add_argument_group("the server").add_argument
    add(
        "--address",
        type=_address,
        default=USUAL_ADDRESS,
        metavar="ADDR",
        help=f"where it listens (default: {USUAL_ADDRESS}, this machine alone; 0.0.0.0 or :: lets others in)",
    )
    add(
        "--http-port",
        type=whole(1, 65_535, "a port"),
        metavar="N",
        help=f"its port (default: {USUAL_PORT}, or another one if that is in use)",
    )
    add(
        "--public-url",
        type=_url,
        metavar="URL",
        help="what the link begins with, where others reach it by another name, as through a proxy",
    )
    add(
        "--sessions",
        type=whole(1, MOST_SESSIONS, "a number of visitors"),
        metavar="N",
        help="how many may be there at a time (default: what this machine can take)",
    )
    add(
        "--idle",
        type=whole(1, _MOST_IDLE, "a number of minutes"),
        default=60,
        metavar="MIN",
        help="a stage that nobody touches for MIN minutes is ended (default: 60)",
    )
    return made


def _address(text: str) -> str:
    name = {"localhost": USUAL_ADDRESS}.get(text, text.strip("[]"))
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no IP address like 192.168.1.5 or 0.0.0.0") from None


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        good = False
    if not good or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise argparse.ArgumentTypeError(f"{text!r} is no URL like https://tcp.example.org")
    return f"{parts.scheme}://{parts.netloc}"
