"""Errors that are the user's to solve: one clear line and what to do next. Never a traceback."""

import msgspec


class UserError(Exception):
    """Something that the user can change. The command prints `message` and `hint`, and exits with status 2."""

    def __init__(self, message: str, hint: str = "", kind: str = "") -> None:
        """`kind` is for programs: `no-lab`, `no-capture`, `port-in-use` …"""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind

    def line(self) -> str:
        """What is printed on standard error."""
        return f"sockviz: {self.message}" + (f" ({self.hint})" if self.hint else "")


class Failure(msgspec.Struct, frozen=True):
    """A `UserError` on its way from the engine's process to its parent: the last line of its standard error."""

    message: str
    hint: str = ""
    kind: str = ""
