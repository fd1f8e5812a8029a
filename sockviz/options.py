"""How options are read: a parser whose errors are one clear line, and the types of values.

Which options a command has is not known here. Nothing is imported that takes time.
"""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from sockviz.errors import UserError

MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
STAGE_DELAY: Final = 400 * MS
"""ns; on the stage a packet has to be seen on its way."""
THEMES: Final = ("dark", "light", "contrast", "projector")
"""The names of `sockviz.inks.INKS`, which takes time to import."""
COMMANDS: Final = ("run", "watch", "lesson", "replay", "export", "serve", "doctor")
"""What the first word may be."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def __init__(self, prog: str, about: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=about,
            epilog=epilog,
            allow_abbrev=False,
            add_help=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.add_argument("-h", "--help", action="help", help="show this")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong.

        Raises:
            UserError: always.
        """
        text = message.removeprefix("argument ")
        text = text.replace(": expected one argument", " needs a value")
        text = text.replace(": not allowed with argument ", " can't be given together with ")
        text = text.replace("the following arguments are required:", "missing:")
        raise UserError(text, f"see {self.prog} --help")

    def options(self) -> list[str]:
        """All that begins with a dash."""
        return [option for action in self._actions for option in action.option_strings]


def read(parser: Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """What the options say. `--help` and `--version` are answered at once, with SystemExit.

    Raises:
        UserError: there is no such option or command, or a value is wrong.
    """
    given, unknown = parser.parse_known_args(arguments)
    if not unknown:
        return given
    name = unknown[0].partition("=")[0]
    if name in COMMANDS:
        raise UserError(f"the command {name} comes first", f"see sockviz {name} --help")
    kind, known = ("option", parser.options()) if name.startswith("-") else ("command", list(COMMANDS))
    import difflib  # noqa: PLC0415 - only for those who mistype

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"see {parser.prog} --help"
    if parser.prog != "sockviz" and kind == "command":
        raise UserError(f"there is one {name!r} too many", hint)
    raise UserError(f"there is no {kind} {name!r}", hint)


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words."""

    def convert(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(choices)}")
        return text

    return convert


def whole(low: int, high: int, what: str) -> Callable[[str], int]:
    """A whole number from `low` to `high`; `what` it is, with its article."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}: a whole number from {low} to {high}")
        return int(text)

    return convert


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what} from {low:g} to {high:g}")
    return value


def milliseconds(text: str) -> int:
    """Up to a minute, as ns."""
    return round(_number(text, 0, 60_000, "a number of milliseconds") * MS)


def seconds(text: str) -> int:
    """Up to a day, as ns."""
    return round(_number(text, 0.1, 86_400, "a number of seconds") * SECOND)


def screen_size(text: str) -> tuple[int, int]:
    """`120x36`: columns and rows."""
    match = re.fullmatch(r"([0-9]{1,3})x([0-9]{1,3})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size like 120x36")
    return int(match[1]), int(match[2])


def add_look(parser: Parser, *, language: bool = True) -> None:
    """The options of whatever is shown on a screen; `language`: it has more than one."""
    add = parser.add_argument_group("the screen").add_argument
    if language:
        add("--lang", type=one_of("en", "zh"), metavar="en|zh", help="the language (default: the locale's)")
    add(
        "--projector",
        action="store_true",
        help="fewer and larger things, black on white, for an audience (P changes that at any time)",
    )
    add(
        "--theme",
        type=one_of(*THEMES),
        metavar="|".join(THEMES),
        help="the colours (default: dark; with --projector projector)",
    )
