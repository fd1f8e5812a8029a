"""Errors that are the user's to solve: one clear line and what to do next. Never a traceback."""

import msgspec


def printable(text: str) -> str:
    r"""Make of `text` a line that a terminal only prints: control characters become `\x1b` and the like."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class UserError(Exception):
    """Something that the user can change; the command prints it in one line and exits with status 2."""

    def __init__(self, message: str, hint: str = "", kind: str = "") -> None:
        """`kind` is for programs: `no-lab`, `no-capture`, `port-in-use` and others."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind

    def line(self) -> str:
        """What is printed on standard error."""
        return printable(f"sockviz: {self.message}" + (f" ({self.hint})" if self.hint else ""))


class Failure(msgspec.Struct, frozen=True):
    """A `UserError` on its way from the engine to its parent: the last line of its standard error."""

    message: str
    hint: str = ""
    kind: str = ""
