"""A run as a Mermaid sequence diagram: messages, and notes for states, queues and calls.

A message of such a diagram has one time only: that of its arrival. So what its sender became stands before
it and what its receiver became after it. Repetitions that a holding wire did not take are left out, as on
the stage. Whatever is long is shown from its beginning: Mermaid refuses texts above a size.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sockviz import harmless
from sockviz.events import AnyEvent
from sockviz.export import words
from sockviz.export.excerpt import Excerpt
from sockviz.export.looks import Look
from sockviz.export.story import Story, tell
from sockviz.world.labels import duration, label, numbers_text
from sockviz.world.model import Arrow, SystemCall, Transition

MOST: Final = 1_000
"""Segments that are read."""
LARGEST: Final = 48_000
"""Characters: Mermaid's `maxTextSize` is 50,000 unless a page sets it otherwise."""
_SILENCE: Final = 1_000_000_000
"""ns; time that passes without anything to see is told from here on."""
_SYNTAX: Final = re.compile(r"[^\w .,:()/=\-+*?!'…→]|(?<=wrap):", re.IGNORECASE)
"""What might mean something to Mermaid, or to the page that it draws into."""
_LONGEST: Final = 8
"""Lines of a note."""


@dataclass(slots=True)
class _Moment:
    """What is drawn at one time; `place` orders what happens at the same time."""

    t: int
    place: int
    host: str = ""
    """Whose note it is; empty: over all."""
    lines: list[str] = field(default_factory=list)
    arrow: Arrow | None = None
    call: SystemCall | None = None

    def joins(self, following: "_Moment") -> bool:
        """Both go into one note."""
        alone = self.arrow is None and following.arrow is None
        return alone and self.host == following.host and following.t - self.t < _SILENCE


_NOTE, _ENTERED, _MESSAGE, _STATE, _RETURNED, _QUEUE = range(6)


def render(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The lines of the diagram, without line ends. All events are read before the first line comes."""
    excerpt = Excerpt(events, MOST)
    story = tell(excerpt)
    people = _participants(story)
    yield "sequenceDiagram"
    for name, (short, title) in people.items():
        yield f"    participant {short} as {escape(name)}{'<br/>' if title else ''}{escape(title)}"
    room = LARGEST
    shown, total = 0, sum(_drawn(arrow) for arrow in story.arrows)
    for line, is_message in _body(story, {name: short for name, (short, _) in people.items()}):
        room -= len(line) + 1
        if room < 0:
            break
        shown += is_message
        yield line
    rest = excerpt.said(total - shown)
    if rest and people:
        yield f"    Note over {_all(short for short, _ in people.values())}: {escape('… ' + rest)}"


def escape(text: str) -> str:
    """`text` with what Mermaid, or the page it is in, would take for syntax as `#code;`."""
    return _SYNTAX.sub(lambda match: f"#{ord(match[0])};", harmless.replaced(text))


def _participants(story: Story) -> dict[str, tuple[str, str]]:
    """Host → (its name in the diagram's source, its addresses, as far as they are used)."""
    header = story.world.header
    used: dict[str, dict[str, None]] = {host.name: {} for host in header.hosts} if header is not None else {}
    for arrow in story.arrows:
        for host, address in (
            (arrow.sender, arrow.segment.source),
            (arrow.receiver, arrow.segment.destination),
        ):
            used.setdefault(host, {})[_ip(address)] = None
    for host in (*(call.host for call in story.calls), *(one.host for one in story.transitions)):
        used.setdefault(host, {})
    for look in story.looks:
        addresses = used.setdefault(look.host, {})
        addresses.pop(_ip(look.local), None)
        addresses[look.local] = None
    return {
        name: (
            name if name in {"client", "server"} else f"host{number}",
            ", ".join(list(addresses)[:_LONGEST]),
        )
        for number, (name, addresses) in enumerate(used.items(), 1)
    }


def _ip(address: str) -> str:
    """Without its port."""
    return address.rpartition(":")[0].strip("[]")


def _all(shorts: Iterable[str]) -> str:
    """The first and the last: a note spans what is between."""
    first, *rest = shorts
    return ",".join([first, *rest[-1:]])


def _drawn(arrow: Arrow) -> bool:
    return arrow.cause != "resent"


def _body(story: Story, people: dict[str, str]) -> Iterator[tuple[str, bool]]:
    """The lines, and whether each is a message. Neighbouring notes of one host become one."""
    everybody = _all(people.values()) if people else ""
    moments = list(_at_once(sorted(_moments(story), key=lambda moment: (moment.t, moment.place))))
    before = moments[0].t if moments else 0
    note: list[str] = []
    for moment, following in pairwise([*moments, None]):
        if moment is None:
            break
        if moment.t - before >= _SILENCE:
            yield f"    Note over {everybody}: {escape(duration(moment.t - before) + ' later')}", False
        before = moment.t
        if moment.arrow is not None:
            yield f"    {_message(story, moment.arrow, people)}", True
            continue
        note += moment.lines
        if following is None or not moment.joins(following) or len(note) >= _LONGEST:
            where = people[moment.host] if moment.host else everybody
            yield f"    Note over {where}: {'<br/>'.join(map(escape, note))}", False
            note = []


def _at_once(moments: Iterable[_Moment]) -> Iterator[_Moment]:
    """The moments; a call during which nothing else happened is one."""
    last: _Moment | None = None
    for moment in moments:
        if last is not None and last.call is not None and last.call is moment.call:
            last.lines = [_whole(last.call)]
        else:
            yield from [last] if last is not None else []
            last = moment
    yield from [last] if last is not None else []


def _moments(story: Story) -> Iterator[_Moment]:
    for t, text in story.notes:
        yield _Moment(t, _NOTE, "", [text])
    for arrow in filter(_drawn, story.arrows):
        end = arrow.arrived if arrow.arrived is not None else arrow.dropped
        yield _Moment(arrow.sent if end is None else end, _MESSAGE, arrow=arrow)
    for transition in story.transitions:
        yield _Moment(transition.t, _STATE, transition.host, [_state(transition)])
    for host in {look.host: None for look in story.looks}:
        for before, look in pairwise([None, *(look for look in story.looks if look.host == host)]):
            if look is not None and (told := list(_queues(before, look))):
                yield _Moment(look.t, _QUEUE, host, told)
    for call in story.calls:
        yield from _call(call)


def _state(transition: Transition) -> str:
    return f"{words.number(transition.connection) or 'listener'} {words.state(transition)}"


def _queues(before: Look | None, look: Look) -> Iterator[str]:
    """What is new in the queues."""
    if not look.listening:
        return
    if before is None or (before.syn, before.half_open) != (look.syn, look.half_open):
        yield _queue("SYN queue", look.syn, look.half_open, None)
    now = (look.accept, look.depth, look.capacity, look.full)
    if before is None or (before.accept, before.depth, before.capacity, before.full) != now:
        yield _queue("accept queue", look.accept, look.depth, look.capacity) + (" FULL" if look.full else "")


def _queue(name: str, members: tuple[int, ...], count: int, capacity: int | None) -> str:
    """`accept queue 2/3: #1 #2`."""
    size = str(count) if capacity is None else f"{count}/{capacity}"
    named = " ".join(words.number(member) for member in members)
    return f"{name} {size}" + (f": {named}" if named else "") + (" …" if count > len(members) else "")


def _call(call: SystemCall) -> Iterator[_Moment]:
    if call.returned is not None and call.name not in words.BLOCKING:
        yield _Moment(call.entered, _ENTERED, call.host, [_whole(call)])
        return
    yield _Moment(call.entered, _ENTERED, call.host, [f"{words.entered(call)} blocked"], call=call)
    if call.returned is not None and call.result is not None:
        yield _Moment(call.returned, _RETURNED, call.host, [words.returned(call)], call=call)


def _whole(call: SystemCall) -> str:
    return f"{words.entered(call)} {words.outcome(call)}".rstrip()


def _message(story: Story, arrow: Arrow, people: dict[str, str]) -> str:
    """`client->>server: #1 SYN seq 0`."""
    connection = story.world.connections.get(arrow.connection or 0)
    parts = [words.number(arrow.connection), label(arrow.segment)]
    parts.append(numbers_text(arrow.segment, arrow.sender, connection).replace("  ", " "))
    parts.append("again" if arrow.retransmission else "")
    hold = story.holds.get(arrow.id)
    head = "->>"
    if arrow.dropped is not None:
        head = "-x"
        parts.append(f"dropped: {words.cause(arrow)}")
    elif arrow.ignored:
        head = "-x"
        parts.append(f"ignored: {words.cause(arrow)}")
    elif arrow.arrived is None:
        head = "-)"
        parts.append("(held)" if hold is not None and hold.released is None else "(on its way)")
    elif hold is not None and hold.released is not None:
        parts.append(f"(held {duration(hold.released - arrow.sent)})")
    text = " ".join(part for part in parts if part)
    return f"{people[arrow.sender]}{head}{people[arrow.receiver]}: {escape(text)}"
