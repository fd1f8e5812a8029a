"""All that is known of a connection or of a segment, in lines of text, for a closer look.

Pure: model in, rich texts out. Nothing here is drawn in cells: who shows the lines wraps and scrolls them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.text import Text

from sockviz.events import Options
from sockviz.session.dissect import Layer
from sockviz.tcp.segment import Skipped, locate
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


def segment_title(view: StageView, arrow: Arrow) -> str:
    """`●1 SYN  client → server`."""
    way = f"{view.say(arrow.sender)} → {view.say(arrow.receiver)}"
    return f"{marks.badge(arrow.connection)} {label(arrow.segment)}  {way}".strip()


def connection_details(view: StageView, connection: Connection, colours: Palette) -> list[Text]:
    """Both ends: state and how it is known, owner, queues, numbers, timer, history; and what was ignored."""
    say = view.say
    began = f"{marks.clock(connection.began)}, {say(_ago(view.now - connection.began))}"
    lines = [facts.line(say("began"), began, colours)]
    if connection.closed is not None:
        lines.append(facts.line(say("ended"), marks.clock(connection.closed), colours))
    if connection.drops:
        lines.append(
            facts.line(
                say("ignored"),
                say(f"{connection.drops} segments, by the receiving kernel"),
                colours,
                colours.bad,
            )
        )
    if connection.ghost:
        lines.append(
            facts.line(
                say("ghost"), say("the client has a socket, the server has none"), colours, colours.bad
            )
        )
    lines += _beliefs(view, connection, colours)
    for end in (connection.client, connection.server):
        lines += [
            Text(),
            facts.parts((f"{say(end.host)}  ", colours.accent), (clean(end.local), colours.strong)),
        ]
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
    say = view.say
    yield facts.parts((say("split truth"), colours.accent))
    for belief in (found.client, found.server):
        state = (say(belief.name), colours.states[belief.state])
        words = (f"  {say(belief.words)}", colours.text)
        yield facts.parts((facts.named(say(belief.host)), colours.dim), state, words)
    yield facts.line(say("because"), say(found.why), colours, colours.bad)


def _end(view: StageView, connection: Connection, end: Endpoint, colours: Palette) -> Iterator[Text]:
    say = view.say
    since = f"  {say('since')} {marks.clock(end.since)}, {say(_ago(view.now - end.since))}"
    sign = (f"{marks.GLYPHS[end.state]} {end.state}", colours.states[end.state])
    yield facts.parts(
        (facts.named(say("state")), colours.dim), sign, (since if end.history else "", colours.text)
    )
    if end.history:
        yield facts.line("", say(_HOW[end.provenance]), colours, colours.dim)
    said = disputed(view.world, end)
    if said is not None:
        yield facts.line(say("table"), say(f"{said}: the kernel says otherwise"), colours, colours.bad)
    yield facts.line(say("owner"), say(_owner(end)), colours)
    if end.row is not None:
        queues = f"{end.row.recv_queue} B not read, {end.row.send_queue} B not acknowledged"
        yield facts.line(say("queues"), say(queues), colours)
    running = countdown(connection, end, view.now)
    if running is not None:
        yield facts.line(say("timer"), _timer(view, running), colours)
    yield facts.line(say("bytes"), say(f"{end.bytes_sent} sent, {end.bytes_received} received"), colours)
    if end.isn is not None:
        yield facts.line(say("numbers"), say(f"initial sequence number {end.isn}"), colours)
    for at, change in enumerate(end.history):
        yield _change(view, change, colours, first=at == 0)


def _change(view: StageView, change: Transition, colours: Palette, *, first: bool) -> Text:
    """`history  1.400 SYN_SENT → ESTABLISHED  SYN-ACK received`."""
    guess = marks.INFERRED if change.provenance is Provenance.INFERRED else ""
    return facts.parts(
        (facts.named(view.say("history") if first else ""), colours.dim),
        (f"{marks.clock(change.t):>7} ", colours.dim),
        (change.before, colours.states[change.before]),
        (" → ", colours.dim),
        (change.after + guess, colours.states[change.after]),
        (f"  {view.say(clean(change.why))}" if change.why else "", colours.text),
    )


def _owner(end: Endpoint) -> str:
    if end.fd is not None:
        return f"pid {end.pid}, fd {end.fd}" if end.pid is not None else f"fd {end.fd}"
    if end.state is State.CLOSED:
        return "none: there is no socket"
    if end.host == "server" and not end.accepted:
        return "nobody: accept() has not returned it"
    return "nobody: the descriptor is closed, the kernel finishes alone"


def _timer(view: StageView, running: Countdown) -> str:
    """`retransmit: sends its SYN again in 2 s`."""
    when = view.say(f"in {-(-running.left // 1_000_000_000)} s" if running.left else "now")
    does = view.say(running.does)
    return f"{running.timer}: {does} {when}" if does else f"{running.timer}: {when}"


def segment_details(
    view: StageView, arrow: Arrow, layers: Sequence[Layer] | None, colours: Palette
) -> list[Text]:
    """What it says, what became of it, and its layers; `layers` None: they are being asked for."""
    segment, say, sent = arrow.segment, view.say, marks.clock(arrow.sent)
    sent += f", {say('a retransmission')}" if arrow.retransmission else ""
    flags = segment.flags.replace("|", " ") or say("none")
    return [
        facts.line(say("from"), segment.source, colours),
        facts.line(say("to"), segment.destination, colours),
        *_ports(view, arrow, colours),
        facts.line(say("sent"), sent, colours),
        *_late(view, arrow, colours),
        _fate(view, arrow, colours),
        Text(),
        facts.line(say("flags"), flags, colours, colours.strong),
        *_numbers(view, arrow, colours),
        facts.line(say("window"), say(f"{segment.window}, not scaled"), colours),
        facts.line(say("payload"), f"{segment.length} B", colours),
        facts.line(say("options"), ", ".join(_options(segment.options)) or say("none"), colours),
        *_layers(view, layers, colours),
    ]


def _ports(view: StageView, arrow: Arrow, colours: Palette) -> Iterator[Text]:
    """Both ports, byte by byte as they go over the wire: the first four of the header (RFC 9293, 3.1)."""
    frame = arrow.segment.frame
    place = locate(frame, arrow.segment.link)
    if not isinstance(place, Skipped):
        _, _, at, _ = place
        source, destination = frame[at : at + 2].hex(" "), frame[at + 2 : at + 4].hex(" ")
        text = view.say(f"{source}, {destination} on the wire")
        yield facts.line(view.say("ports"), text, colours, colours.dim)


def _numbers(view: StageView, arrow: Arrow, colours: Palette) -> Iterator[Text]:
    """Counted from the initial ones, if these are known, and as they are."""
    segment = arrow.segment
    connection = view.world.connections.get(arrow.connection or 0)
    if relative := marks.numbers_text(segment, arrow.sender, connection):
        counted = view.say(f"{relative}, counted from the initial ones")
        yield facts.line(view.say("numbers"), counted, colours)
    raw = view.say(f"seq {segment.seq}  ack {segment.ack} on the wire")
    yield facts.line("", raw, colours, colours.dim)


def _fate(view: StageView, arrow: Arrow, colours: Palette) -> Text:
    say = view.say
    if arrow.dropped is not None and arrow.dropped <= view.now:
        cause = say(_CAUSES.get(arrow.cause or "", arrow.cause or "lost"))
        return facts.line(say("dropped"), f"{marks.clock(arrow.dropped)}, {cause}", colours, colours.bad)
    if arrow.arrived is None or arrow.arrived > view.now:
        flight = view.world.wire.in_flight.get(arrow.id)
        text = say("not yet: it is on the wire")
        if flight and flight.resent:
            text += say(f", sent again {flight.resent} times since")
        return facts.line(say("arrived"), text, colours, colours.warn)
    text = f"{marks.clock(arrow.arrived)}, {say(f'after {duration(arrow.arrived - arrow.sent)}')}"
    if arrow.ignored:
        text += f": {say(arrow.cause or 'by the receiving kernel')}"
        return facts.line(say("ignored"), text, colours, colours.bad)
    return facts.line(say("arrived"), text, colours)


def _late(view: StageView, arrow: Arrow, colours: Palette) -> Iterator[Text]:
    if arrow.late:
        text = view.say("out of order: others that were sent later overtook it")
        yield facts.line(view.say("order"), text, colours, colours.warn)


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


def _layers(view: StageView, layers: Sequence[Layer] | None, colours: Palette) -> Iterator[Text]:
    """The frame as scapy reads it."""
    if not layers:
        yield Text()
        text = "reading the layers …" if layers is None else "its layers can't be read"
        yield facts.parts((view.say(text), colours.dim))
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
