"""Errors that are the user's to solve: one clear line and what to do next. Never a traceback."""

import errno
from typing import Final

import msgspec

from sockviz.harmless import escaped as printable

__all__ = ["Failure", "UserError", "exhausted", "printable"]

_EXHAUSTED: Final = {
    errno.EMFILE: ("no more files may be opened", "allow more: `ulimit -n 1024`"),
    errno.ENFILE: ("this machine has too many open files", "close some programs"),
    errno.ENOMEM: ("there is not enough memory", "close some programs"),
}


class UserError(Exception):
    """Something that the user can change; the command prints it in one line and exits with status 2."""

    def __init__(self, message: str, hint: str = "", kind: str = "") -> None:
        """`kind` is for programs: `no-lab`, `no-capture`, `port-in-use` and others."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind
        self.told = False
        """The user has read it already; only the exit status is left to say."""

    def line(self) -> str:
        """What is printed on standard error."""
        return printable(f"sockviz: {self.message}" + (f" ({self.hint})" if self.hint else ""))


def exhausted(error: BaseException) -> UserError | None:
    """What the user can do about an error that says that something ran out; None: it says something else."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, ImportError) and "Too many open files" in str(error):  # a shared library
        number = errno.EMFILE
    if number not in _EXHAUSTED:
        return None
    return UserError(*_EXHAUSTED[number], kind="exhausted")


class Failure(msgspec.Struct, frozen=True):
    """A `UserError` on its way from the engine to its parent: the last line of its standard error."""

    message: str
    hint: str = ""
    kind: str = ""
