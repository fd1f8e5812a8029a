"""What is said of the user's own programs. The rules of `sockviz.world.texts` hold."""

from typing import Final

from sockviz.world.texts import Text

STARTED: Final = Text(0, "{name} was started: {command}.")
FORKED: Final = Text(
    0,
    "{parent} forked {name}, which has a copy of each descriptor: a socket is closed when its last copy is.",
)
FAILED: Final = Text(
    2,
    "{name} ended with status {status}: something went wrong. The kernel closed all of its descriptors.",
)
KILLED: Final = Text(
    2,
    "{name} was killed by {signal}; the kernel closed all of its descriptors.",
)
LISTENER_MISSING: Final = Text(
    2,
    "No program on the {host} listens after {seconds} s, so no client was started. See what it prints, and "
    "what it is blocked in.",
)
LISTENER_NEVER: Final = Text(
    2,
    "The programs on the {host} have ended, and none of them listened: no client was started.",
)
SIGNAL: Final = Text(1, "{name} got {signal}.")
SIGPIPE: Final = Text(
    1,
    "{name} got SIGPIPE: it wrote to a connection that was reset. Who does not handle it ends.",
)
