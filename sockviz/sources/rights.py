"""The right to capture packets: why there is none, and the command that gives it."""

import errno
import os
import shlex
import sys

from sockviz.errors import UserError


def refusal(error: OSError, interface: str) -> UserError:
    """Why there is no capture, and what would give it."""
    if error.errno in {errno.EPERM, errno.EACCES}:
        return UserError(
            "this process may not capture packets (CAP_NET_RAW)",
            allowed_command("--source", "loopback"),
            kind="no-capture",
        )
    return UserError(f"no packet capture on {interface}: {error.strerror}", kind="no-capture")


def allowed_command(*arguments: str) -> str:
    """The shell command that runs sockviz with the right to capture: for this one run, as the same user.

    A capability given to the interpreter's file (setcap) would work too, but a virtual environment's `python`
    is a link to the shared interpreter: every script that anybody runs with it could then read the network.
    """
    python = shlex.join([sys.executable, "-m", "sockviz", *arguments])
    if os.geteuid() == 0:
        return python
    return (
        f"sudo setpriv --reuid={os.geteuid()} --regid={os.getegid()} --init-groups"
        f" --inh-caps=+net_raw --ambient-caps=+net_raw -- {python}"
    )
