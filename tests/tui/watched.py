"""Watched listeners without an engine: events as it would send them, folded, and the views of them."""

from pathlib import Path

from sockviz import events
from sockviz.events import CounterRaised, Header, ListenersChosen, Owner, ProcessFound, SocketRow
from sockviz.recording.reader import read
from sockviz.tui.density import Density
from sockviz.tui.watch.view import WatchView, rising
from sockviz.world.watch.fold import fold
from sockviz.world.watch.model import Watch

OVERLOADED = Path(__file__).parents[1] / "data" / "watched" / "overloaded.jsonl"
SECOND = 1_000_000_000
WEB, PID = "0.0.0.0:80", 4711
STATES = ("ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "SYN_RECV", "FIN_WAIT2")


def header(*capabilities, hidden=("Short connections are not seen: run as root.",)):
    """The first event; `capabilities`: sampling, if nothing else is said."""
    return Header(
        t=0, format=events.FORMAT, source="watch", hosts=(), made_by="sockviz", hidden=hidden,
        capabilities=(*(capabilities or ("sampling",)), "owners"),
        sysctls={"net.core.somaxconn": "4096"},
    )  # fmt: skip


def listener(t=SECOND, local=WEB, *, depth=0, limit=8, drops=0, cookie=1, **more):
    """One listening socket was read."""
    return events.ListenerSampled(
        t=t, host="server", local=local, depth=depth, limit=limit, cookie=cookie, drops=drops,
        uid=more.pop("uid", 33), owners=more.pop("owners", (Owner(PID, 6),)), **more,
    )  # fmt: skip


def row(number, state="ESTABLISHED", *, local=WEB, owned=True, **more):
    """A row of the table; its peer's port is 40,000 more than its number."""
    owned = owned and state in {"ESTABLISHED", "CLOSE_WAIT"}
    return SocketRow(
        state=state, local=local, remote=f"192.0.2.{number % 250}:{40_000 + number % 20_000}",
        pid=PID if owned else None, fd=number + 10 if owned else None, inode=number + 10 if owned else 0,
        cookie=number + 100, **more,
    )  # fmt: skip


def sampled(t, *rows, gone=()):
    """The table was read."""
    return events.SocketsSampled(t=t, host="server", began=t - 1_000_000, changed=rows, gone=gone)


def dropped(t, by, total):
    """What the kernel's counters say of a full accept queue."""
    return [
        CounterRaised(t=t, host="server", name=name, by=by, total=total)
        for name in ("ListenOverflows", "ListenDrops")
    ]


def nginx():
    """Who listens."""
    return ProcessFound(t=1, host="server", pid=PID, name="nginx", user="www-data")


def chosen(*locals_, t=2):
    """These are watched closely."""
    return ListenersChosen(t=t, host="server", listeners=locals_, asked=locals_)


def overloaded(*, waiting=9, drops=41):
    """A full accept queue: some wait, one was accepted, and the kernel drops."""
    yield from (header(), nginx(), chosen(WEB), listener(SECOND // 2), sampled(SECOND // 2))
    queued = [row(number, owned=False) for number in range(1, waiting + 1)]
    yield from (listener(SECOND, depth=waiting), sampled(SECOND, row(0), *queued))
    for at in range(1, 5):
        t = SECOND + at * SECOND
        yield listener(t, depth=waiting, drops=drops * at)
        yield from dropped(t, drops, drops * at)
        yield sampled(
            t, row(waiting + at, "SYN_RECV", retransmits=at, timer="retransmit", expires=t + SECOND)
        )


def many(count):
    """So many connections in all kinds of states."""
    yield from (header(), nginx(), chosen(WEB), listener(SECOND, limit=511))
    yield sampled(SECOND, *(row(number, STATES[number % len(STATES)]) for number in range(count)))


def several():
    """Listeners of every kind, none of them chosen."""
    yield from (
        header(),
        nginx(),
        listener(),
        listener(local="[::]:443", cookie=2, dual=True, depth=3, limit=511),
    )
    yield listener(local="127.0.0.1:5432", cookie=3, owners=(), drops=None)
    for cookie in range(4, 8):
        yield listener(local="127.0.0.1:9000", cookie=cookie, limit=128, depth=129 if cookie == 4 else 0)
    yield sampled(SECOND)


def folded(happened):
    """What is known after that."""
    watch = Watch()
    for event in happened:
        fold(watch, event)
    return watch


def recorded(until=None):
    """A real one: 40 clients, backlog 8, one accept a second."""
    return [event for event in read(OVERLOADED) if until is None or event.t <= until]


def view(happened, *, large=False, now=None, **more):
    """A frame of it."""
    watch = folded(happened)
    now = watch.t if now is None else now
    focus = more.pop("focus", watch.chosen[0] if watch.chosen else "")
    density = Density.LARGE if large else Density.NORMAL
    return WatchView(watch=watch, now=now, focus=focus, density=density, drops=rising(watch, now), **more)
