"""All that is known of a connection or of a segment, in lines of text, for a closer look.

Pure: model in, rich texts out. Nothing here is drawn in cells: who shows the lines wraps and scrolls them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from sockviz.events import Options
from sockviz.session.dissect import Layer
from sockviz.tcp.states import State
from sockviz.tui.palettes import Palette
from sockviz.tui.render import facts, marks
from sockviz.tui.render.canvas import clean
from sockviz.tui.render.split import lasts
from sockviz.tui.view import StageView
from sockviz.world.beliefs import Difference, Reason, split
from sockviz.world.labels import duration, label
from sockviz.world.model import Arrow, Connection, Endpoint, Provenance, Transition
from sockviz.world.selectors import disputed
from sockviz.world.timers import Countdown, countdown

_HOW: Final = {
    Provenance.OBSERVED: "seen on the wire",
    Provenance.SAMPLED: "read from the kernel's table",
    Provenance.INFERRED: "inferred, not read from the kernel",
}
_CAUSES: Final = {
    "operator": "taken off the wire by the operator",
    "cut": "lost: the wire is cut",
    "nobody": "lost: no host has the address that it was sent to",
    "resent": "sent again while the wire held the first copy, or its answer",
}


def connection_title(connection: Connection) -> str:
    """`●1  10.0.0.2:44734 → 10.0.0.1:8001`."""
    return (
        f"{marks.badge(connection.id)}  {clean(connection.client.local)} → {clean(connection.server.local)}"
    )


def segment_title(arrow: Arrow) -> str:
    """`●1 SYN  client → server`."""
    return (
        f"{marks.badge(arrow.connection)} {label(arrow.segment)}  {arrow.sender} → {arrow.receiver}".strip()
    )


def connection_details(view: StageView, connection: Connection, colours: Palette) -> list[Text]:
    """Both ends: state and how it is known, owner, queues, numbers, timer, history; and what was ignored."""
    lines = [
        facts.line("began", f"{marks.clock(connection.began)}, {_ago(view.now - connection.began)}", colours)
    ]
    if connection.closed is not None:
        lines.append(facts.line("ended", marks.clock(connection.closed), colours))
    if connection.drops:
        lines.append(
            facts.line(
                "ignored", f"{connection.drops} segments, by the receiving kernel", colours, colours.bad
            )
        )
    if connection.ghost:
        lines.append(
            facts.line("ghost", "the client has a socket, the server has none", colours, colours.bad)
        )
    lines += _beliefs(view, connection, colours)
    for end in (connection.client, connection.server):
        lines += [Text(), facts.parts((f"{end.host}  ", colours.accent), (clean(end.local), colours.strong))]
        lines += _end(view, connection, end, colours)
    return lines


def _beliefs(view: StageView, connection: Connection, colours: Palette) -> Iterator[Text]:
    """What each end takes for true, if that differs, and why."""
    found = split(view.world, connection)
    if found is None or (
        found.reason is Reason.UNTOLD and not lasts(view.world, Difference(connection, ()), view.now)
    ):
        return
    yield Text()
    yield facts.parts(("split truth", colours.accent))
    for belief in (found.client, found.server):
        state = (belief.name, colours.states[belief.state])
        yield facts.parts((facts.named(belief.host), colours.dim), state, (f"  {belief.words}", colours.text))
    yield facts.line("because", found.why, colours, colours.bad)


def _end(view: StageView, connection: Connection, end: Endpoint, colours: Palette) -> Iterator[Text]:
    since = f"  since {marks.clock(end.since)}, {_ago(view.now - end.since)}" if end.history else ""
    sign = (f"{marks.GLYPHS[end.state]} {end.state}", colours.states[end.state])
    yield facts.parts((facts.named("state"), colours.dim), sign, (since, colours.text))
    if end.history:
        yield facts.line("", _HOW[end.provenance], colours, colours.dim)
    said = disputed(view.world, end)
    if said is not None:
        yield facts.line("table", f"{said}: the kernel says otherwise", colours, colours.bad)
    yield facts.line("owner", _owner(end), colours)
    if end.row is not None:
        yield facts.line(
            "queues", f"{end.row.recv_queue} B not read, {end.row.send_queue} B not acknowledged", colours
        )
    running = countdown(connection, end, view.now)
    if running is not None:
        yield facts.line("timer", _timer(running), colours)
    yield facts.line("bytes", f"{end.bytes_sent} sent, {end.bytes_received} received", colours)
    if end.isn is not None:
        yield facts.line("numbers", f"initial sequence number {end.isn}", colours)
    for at, change in enumerate(end.history):
        yield _change(change, colours, first=at == 0)


def _change(change: Transition, colours: Palette, *, first: bool) -> Text:
    """`history  1.400 SYN_SENT → ESTABLISHED  SYN-ACK received`."""
    guess = marks.INFERRED if change.provenance is Provenance.INFERRED else ""
    return facts.parts(
        (facts.named("history" if first else ""), colours.dim),
        (f"{marks.clock(change.t):>7} ", colours.dim),
        (change.before, colours.states[change.before]),
        (" → ", colours.dim),
        (change.after + guess, colours.states[change.after]),
        (f"  {clean(change.why)}" if change.why else "", colours.text),
    )


def _owner(end: Endpoint) -> str:
    if end.fd is not None:
        return f"pid {end.pid}, fd {end.fd}" if end.pid is not None else f"fd {end.fd}"
    if end.state is State.CLOSED:
        return "none: there is no socket"
    if end.host == "server" and not end.accepted:
        return "nobody: accept() has not returned it"
    return "nobody: the descriptor is closed, the kernel finishes alone"


def _timer(running: Countdown) -> str:
    """`retransmit: sends its SYN again in 2 s`."""
    when = f"in {-(-running.left // 1_000_000_000)} s" if running.left else "now"
    return f"{running.timer}: {running.does} {when}" if running.does else f"{running.timer}: {when}"


def segment_details(
    view: StageView, arrow: Arrow, layers: Sequence[Layer] | None, colours: Palette
) -> list[Text]:
    """What it says, what became of it, and its layers; `layers` None: they are being asked for."""
    segment = arrow.segment
    connection = view.world.connections.get(arrow.connection or 0)
    relative = marks.numbers_text(segment, arrow.sender, connection)
    lines = [
        facts.line("from", segment.source, colours),
        facts.line("to", segment.destination, colours),
        facts.line(
            "sent", marks.clock(arrow.sent) + (", a retransmission" if arrow.retransmission else ""), colours
        ),
        *_late(arrow, colours),
        _fate(view, arrow, colours),
        Text(),
        facts.line("flags", segment.flags.replace("|", " ") or "none", colours, colours.strong),
        facts.line("numbers", f"{relative}, counted from the initial ones" if relative else "", colours),
        facts.line("", f"seq {segment.seq}  ack {segment.ack} on the wire", colours, colours.dim),
        facts.line("window", f"{segment.window}, not scaled", colours),
        facts.line("payload", f"{segment.length} B", colours),
        facts.line("options", ", ".join(_options(segment.options)) or "none", colours),
    ]
    return [line for line in lines if line.plain.strip() != "numbers"] + list(_layers(layers, colours))


def _fate(view: StageView, arrow: Arrow, colours: Palette) -> Text:
    if arrow.dropped is not None and arrow.dropped <= view.now:
        cause = _CAUSES.get(arrow.cause or "", arrow.cause or "lost")
        return facts.line("dropped", f"{marks.clock(arrow.dropped)}, {cause}", colours, colours.bad)
    if arrow.arrived is None or arrow.arrived > view.now:
        flight = view.world.wire.in_flight.get(arrow.id)
        times = f", sent again {flight.resent} times since" if flight and flight.resent else ""
        return facts.line("arrived", f"not yet: it is on the wire{times}", colours, colours.warn)
    text = f"{marks.clock(arrow.arrived)}, after {duration(arrow.arrived - arrow.sent)}"
    if arrow.ignored:
        return facts.line(
            "ignored", f"{text}: {arrow.cause or 'by the receiving kernel'}", colours, colours.bad
        )
    return facts.line("arrived", text, colours)


def _late(arrow: Arrow, colours: Palette) -> Iterator[Text]:
    if arrow.late:
        yield facts.line(
            "order", "out of order: others that were sent later overtook it", colours, colours.warn
        )


def _options(options: Options) -> Iterator[str]:
    if options.mss is not None:
        yield f"MSS {options.mss}"
    if options.window_scale is not None:
        yield f"window scale {options.window_scale}"
    if options.sack_permitted:
        yield "SACK permitted"
    for first, after in options.sack:
        yield f"SACK {first}-{after}"
    if options.timestamp is not None:
        yield "timestamps {} {}".format(*options.timestamp)


def _layers(layers: Sequence[Layer] | None, colours: Palette) -> Iterator[Text]:
    """The frame as scapy reads it."""
    if not layers:
        yield Text()
        yield facts.parts(
            ("reading the layers …" if layers is None else "its layers can't be read", colours.dim)
        )
        return
    for layer in layers:
        yield Text()
        yield facts.parts((clean(layer.name), colours.accent))
        wide = max((len(field.name) for field in layer.fields), default=0)
        for field in layer.fields:
            name = (f"  {clean(field.name):<{wide}}  ", colours.dim)
            note = (f"  {clean(field.explanation)}" if field.explanation else "", colours.dim)
            yield facts.parts(name, (clean(field.value), colours.text), note)


def _ago(ns: int) -> str:
    return f"{_whole(ns)} ago"


def _whole(ns: int) -> str:
    """In whole seconds, so that lines change once a second at most."""
    return f"{max(0, ns) // 1_000_000_000} s"
