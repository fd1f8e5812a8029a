"""All that is known of one connection, and what is not seen: lines of text for a closer look. Pure."""

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from sockviz.tui.palettes import Palette
from sockviz.tui.render.canvas import clean
from sockviz.tui.watch.render import words
from sockviz.tui.watch.render.connections import timer_text, wait_text
from sockviz.tui.watch.render.finding import clock
from sockviz.tui.watch.view import WatchView
from sockviz.world.watch.model import Watch, WatchedConnection

_NAME = 11
_HOW = {
    "sampled": "read from the kernel's table",
    "observed": "seen on the wire",
    "inferred": "concluded from packets, not read from the kernel",
    "traced": "told by the kernel's tracepoint",
}


def _line(name: str, text: str, colours: Palette, style: Style | None = None) -> Text:
    return Text.assemble((f"{name:<{_NAME}}", colours.dim), (clean(text), style or colours.text))


def title(one: WatchedConnection) -> str:
    """`127.0.0.1:40712 → 127.0.0.1:80`."""
    return f"{words.address(one.remote)} → {words.address(one.local)}"


def connection(one: WatchedConnection, view: WatchView, colours: Palette) -> list[Text]:
    """Everything, in words."""
    return list(_connection(one, view, colours))


def _connection(one: WatchedConnection, view: WatchView, colours: Palette) -> Iterator[Text]:
    state = words.state_of(one.state)
    ink = colours.states[state] if state is not None else colours.text
    now = view.now
    yield _line(
        "state", f"{words.glyph(one.state)} {one.state}, {words.span(max(0, now - one.since))}", colours, ink
    )
    yield _line("", _HOW[one.provenance], colours, colours.dim)
    first = "it was there already, for at least" if one.found else f"since {clock(one.began)},"
    yield _line("age", f"{first} {words.span(one.age(now))}", colours)
    yield _line("owner", words.owner(view.watch, one), colours)
    yield from _waited(one, view, colours)
    yield _line("Recv-Q", f"{one.recv_queue:,} bytes that the program has not read", colours)
    yield _line("Send-Q", f"{one.send_queue:,} bytes that the peer has not acknowledged", colours)
    again = f"{one.resent:,} segments in all"
    if one.retransmits:
        again += f"; {one.retransmits} times since the peer last answered"
    yield _line("sent again", again, colours, colours.bad if one.retransmits else None)
    if one.timer:
        yield _line("timer", timer_text(one, now), colours, colours.timer)
    if one.cookie:
        yield _line(
            "cookie",
            f"{one.cookie}, the kernel's name of it (ss -e: sk:{one.cookie:x})",
            colours,
            colours.dim,
        )


def _waited(one: WatchedConnection, view: WatchView, colours: Palette) -> Iterator[Text]:
    text = wait_text(one, view.now).removesuffix(" …")
    if one.waits:
        yield _line(
            "accept", f"waits for accept() since {text}: its handshake is complete", colours, colours.warn
        )
    elif text:
        yield _line("accept", f"waited {text} for accept()", colours)
    elif one.accepted:
        yield _line("accept", "accepted before watching began", colours)
    else:
        yield _line("accept", "not in the accept queue", colours)


def unseen(watch: Watch, colours: Palette) -> list[Text]:
    """What this level can't show, and how to see it."""
    header = watch.header
    if header is None:
        return []
    lines = [Text.assemble((sentence, colours.text)) for sentence in map(clean, header.hidden)]
    if watch.lost:
        lines.append(
            Text(f"{watch.lost:,} packets or lines of the trace came too fast to be seen.", colours.warn)
        )
    return [piece for line in lines for piece in (line, Text())]


def unseen_line(watch: Watch) -> str:
    """The same in one line."""
    header = watch.header
    if header is None or not header.hidden:
        return ""
    lost = f"{watch.lost:,} packets or lines of the trace were lost. " if watch.lost else ""
    return clean(lost + " ".join(header.hidden))
