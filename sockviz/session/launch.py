"""Starts the engine's process, and ends it; `session.engine` is the link to it.

Imports next to nothing: the engine gets ready while the screen comes, and is started before that has anything
to do with events.
"""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from sockviz.errors import UserError
from sockviz.process import die_with_parent

if TYPE_CHECKING:
    from sockviz.intents import Setup


def launch(setup: "Setup") -> subprocess.Popen[bytes]:
    """Start an engine, with pipes for its intents, events and errors. Returns at once.

    To be called in the main thread: the engine ends with the thread that started it.

    Raises:
        UserError: the setup has a name that is not UTF-8.
    """
    parent = os.getpid()
    try:
        wanted = msgspec.json.encode(setup).decode()
    except UnicodeEncodeError as error:
        given = str(error.object)
        raise UserError(f"{given} is not UTF-8", "give it another name", "not-utf-8") from None
    return subprocess.Popen(  # noqa: S603 - our own program; its argument is JSON
        [sys.executable, "-m", "sockviz.engine", wanted],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509 - one system call, no locks
    )


def end(engine: subprocess.Popen[bytes]) -> None:
    """End an engine at once; nothing happens if it has ended."""
    if engine.poll() is None:
        engine.kill()
        engine.wait()
