"""The user's own commands: how their text is understood, and whether there is such a program.

Imports nothing that takes time; starts nothing.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sockviz.errors import UserError

SHELL: Final = "/bin/sh"
LONGEST: Final = 4096
"""Characters of a command."""
_SHELL_LANGUAGE: Final = frozenset("|&;<>()$`*~\n")
"""Outside quotes these mean something to a shell (POSIX 2.2, and what is usual besides)."""


def argv(text: str) -> list[str]:
    """What is executed: the words of `text`, or a shell with it where it has something of a shell's language.

    Raises:
        UserError: it is empty, too long, or a quote is not closed.
    """
    if not text.strip() or "\0" in text:
        raise UserError("there is an empty command", "see sockviz run --help", "usage")
    if len(text) > LONGEST:
        raise UserError(f"a command can have {LONGEST} characters", "put it into a script", "usage")
    try:
        words = shlex.split(text)
        assigns = words and "=" in words[0].partition("/")[0]
    except ValueError:
        raise UserError(f"a quote is not closed in {text!r}", "close it", "usage") from None
    return [SHELL, "-c", text] if _for_shell(text) or assigns else words


def _for_shell(text: str) -> bool:
    """Whether something of a shell's language stands where it means something: outside quotes, mostly."""
    quote, escaped = "", False
    for one in text:
        if escaped:
            escaped = False
        elif one == "\\" and quote != "'":
            escaped = True
        elif quote:
            if one == quote:
                quote = ""
            elif quote == '"' and one in "$`":
                return True
        elif one in "'\"":
            quote = one
        elif one in _SHELL_LANGUAGE:
            return True
    return False


def check(text: str, directory: str, environment: Mapping[str, str]) -> None:
    """See whether there is such a program, as far as that can be known before it is started.

    Raises:
        UserError: (kind `no-program`) there is none, or it can't be executed.
    """
    name = argv(text)[0]
    path = environment.get("PATH", os.environ.get("PATH", os.defpath))
    if "/" not in name:
        if shutil.which(name, path=path) is None:
            near = Path(directory or ".") / name
            hint = f"it is here: write ./{name}" if near.exists() else "install it, or give its path"
            raise UserError(f"there is no program {name!r}", hint, "no-program")
        return
    file = Path(directory or ".") / name
    if not file.exists():
        raise UserError(f"there is no program {name!r}", "compile it, or see where it is", "no-program")
    if file.is_dir() or not os.access(file, os.X_OK):
        raise UserError(f"{name!r} can't be executed", f"make it executable: chmod +x {name}", "no-program")
