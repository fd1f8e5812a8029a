"""What the lesson points at, as the stage's spots. Pure."""

from collections.abc import Iterable, Iterator

from sockviz.lessons.points import Target
from sockviz.tui.view import Spot


def spots(targets: Iterable[Target]) -> frozenset[Spot]:
    """Where the stage shows these; counters are nowhere on it (see `counters`)."""
    return frozenset(spot for target in targets for spot in _spots(target))


def _spots(target: Target) -> Iterator[Spot]:
    host = target.host or ""
    match target.kind:
        case "end" | "row":
            yield _socket(target, host)
        case "queue":
            yield Spot("queue", host, name=target.name)
        case "packet":
            yield Spot("packet", number=target.segment or 0)
        case "call":
            yield Spot("call", number=target.call or 0)
        case "host" | "listener" | "wire":
            yield Spot(target.kind, host)
        case _:
            pass


def _socket(target: Target, host: str) -> Spot:
    """An end of a connection, else a program's socket, else the listener; or its row."""
    row = "-row" if target.kind == "row" else ""
    if target.connection is not None:
        return Spot(target.kind, host, target.connection)
    return Spot(f"program{row}", host, target.pid) if target.pid is not None else Spot(f"listener{row}", host)


def counters(targets: Iterable[Target]) -> tuple[tuple[str, str], ...]:
    """The counters among them: (host, name)."""
    return tuple((target.host or "", target.name) for target in targets if target.kind == "counter")


def wants_table(targets: Iterable[Target]) -> bool:
    """The socket table is what is spoken of."""
    return any(target.kind == "row" for target in targets)
