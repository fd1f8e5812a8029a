"""The engine's process: `python -m sockviz.engine '<Setup as JSON>'`.

Reads intents from standard input and writes events to standard output, one JSON object a line. It ends in
order on `quit`, at the end of its input, and on SIGTERM, SIGINT or SIGHUP; when nobody reads its events; and
when one of its hosts is lost. Exit status: 0; 2 when it could not be set up, or lost a host: then the last
line on standard error is an `errors.Failure`.

Imports little at first: the lab must be inside its namespaces, and its network under construction, before
that.
"""

import gc
import os
import sys

import msgspec

from sockviz.errors import Failure, UserError, exhausted
from sockviz.intents import Setup
from sockviz.process import end_on_crash


def main(arguments: list[str]) -> int:
    """Run an engine; returns the exit status."""
    end_on_crash()
    try:
        return _run(_setup(arguments))
    except UserError as error:
        return _fail(error)
    except (OSError, ImportError) as error:
        if (shortage := exhausted(error)) is None:
            raise
        return _fail(shortage)


def _fail(error: UserError) -> int:
    failure = Failure(error.message, error.hint, error.kind)
    sys.stderr.write(msgspec.json.encode(failure).decode() + "\n")
    sys.stderr.flush()
    return 2


def _setup(arguments: list[str]) -> Setup:
    try:
        (argument,) = arguments
        setup = msgspec.json.decode(argument, type=Setup)
    except (ValueError, msgspec.DecodeError) as error:
        raise UserError(f"the engine wants its setup as one JSON argument: {error}", kind="usage") from None
    if not 0 < setup.port < 1 << 16 or setup.backlog < 0 or setup.delay < 0:
        raise UserError("the engine's port, backlog or delay is out of range", kind="usage")
    if setup.commands and setup.source != "lab":
        raise UserError("your own programs run in the lab only", "use --source lab", "usage")
    return setup


def _run(setup: Setup) -> int:
    if setup.source == "watch":
        from sockviz.engine import watch  # noqa: PLC0415 - nothing of the others

        return watch.run(setup.watch)
    gc.disable()  # what is imported stays; `engine.run` looks for garbage again
    from sockviz.engine.limits import Probing  # noqa: PLC0415 - little, and not for a wrong setup

    building = None
    if setup.source == "lab":
        from sockviz.lab import namespaces, network  # noqa: PLC0415 - not needed on loopback

        status = namespaces.enter(as_oneself=bool(setup.commands))
        if status is not None:
            return status
        building = network.Building()
    probing = Probing(setup.backlog)
    from sockviz.engine import engine  # noqa: PLC0415 - while the others are at work

    return engine.run(setup, building, probing)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
