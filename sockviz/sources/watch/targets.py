"""Which listeners are meant. Pure."""

from collections.abc import Iterable

from sockviz.errors import UserError
from sockviz.events import ListenerSampled
from sockviz.intents import Watched


def asked(watched: Watched) -> tuple[str, ...]:
    """What the user asked for, as it was written."""
    return (*watched.targets, *(f"--pid {pid}" for pid in watched.pids))


def matching(watched: Watched, listeners: Iterable[ListenerSampled]) -> list[str]:
    """The addresses of the listeners that are meant, in the order in which they were asked for."""
    known = list(listeners)
    found: list[str] = []
    for target in watched.targets:
        found += _of_target(target, [one.local for one in known])
    for pid in watched.pids:
        found += [one.local for one in known if any(owner.pid == pid for owner in one.owners)]
    return list(dict.fromkeys(found))


def _of_target(target: str, locals_: list[str]) -> list[str]:
    """Of a port all; of an address the one, or else the one that takes connections to any address."""
    if target.startswith(":"):
        return [local for local in locals_ if local.endswith(target)]
    port = target.rpartition(":")[2]
    wildcards = (f"[::]:{port}",) if target.startswith("[") else (f"0.0.0.0:{port}", f"[::]:{port}")
    return next(([one] for one in (target, *wildcards) if one in locals_), [])


def nobody(watched: Watched) -> UserError:
    """Nobody listens there."""
    what = asked(watched)
    if not watched.targets:
        text = f"process {watched.pids[0]} listens nowhere, or may not be looked into"
    else:
        text = f"nobody listens on {' or '.join(what)}"
    return UserError(text, "`sockviz watch --headless` and `ss -tln` show who listens where", "no-listener")
