"""Every transition of every end, as JSON lines.

What the kernel's tracepoint `sock:inet_sock_set_state` reports, and SYN_RECV and TIME_WAIT besides, which
are no full sockets.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from sockviz.events import AnyEvent
from sockviz.world.fold import advance
from sockviz.world.model import Transition, World

_BATCH: Final = 4096
"""Events folded at once."""


def states(events: Iterable[AnyEvent]) -> Iterator[dict[str, int | str]]:
    """The transitions of all ends, listeners included, in order of time.

    Each is `{"t": ns, "host", "local", "remote", "from", "to", "provenance"}`; the provenance is the final
    one. What was inferred and then taken back by a sample is left out. All events are read before the first
    transition comes.
    """
    for transition in sorted(_final(events), key=lambda transition: transition.t):
        yield {
            "t": transition.t,
            "host": transition.host,
            "local": transition.local,
            "remote": transition.remote,
            "from": transition.before.value,
            "to": transition.after.value,
            "provenance": transition.provenance.value,
        }


def lines(events: Iterable[AnyEvent]) -> Iterator[str]:
    """The same as JSON, one object a line, without line ends."""
    return (json.dumps(state) for state in states(events))


def _final(events: Iterable[AnyEvent]) -> list[Transition]:
    """The transitions as they are known in the end, in order of their first report."""
    reported: dict[int, Transition] = {}
    places: dict[tuple[str, str, str], list[int]] = {}
    for number, transition in enumerate(_reported(events)):
        here = places.setdefault((transition.host, transition.local, transition.remote), [])
        if transition.corrects:
            for place in here[-transition.corrects :]:
                del reported[place]
            del here[-transition.corrects :]
        elif here and _same(reported[here[-1]], transition):
            reported[here[-1]] = transition
        else:
            reported[number] = transition
            here.append(number)
    return list(reported.values())


def _same(earlier: Transition, later: Transition) -> bool:
    """The later one is the earlier one, confirmed."""
    return (
        earlier.connection == later.connection
        and (earlier.t, earlier.before, earlier.after) == (later.t, later.before, later.after)
        and earlier.provenance is not later.provenance
    )


def _reported(events: Iterable[AnyEvent]) -> Iterator[Transition]:
    world = World()
    remaining = iter(events)
    while batch := list(islice(remaining, _BATCH)):
        world, facts = advance(world, batch)
        yield from (fact for fact in facts if isinstance(fact, Transition))
