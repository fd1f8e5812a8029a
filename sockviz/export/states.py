"""Every transition of every end, as JSON lines.

What the kernel's tracepoint `sock:inet_sock_set_state` reports, and SYN_RECV and TIME_WAIT besides, which
are no full sockets.
"""

import json
from collections.abc import Iterable, Iterator

from sockviz.events import AnyEvent
from sockviz.export.story import tell


def states(events: Iterable[AnyEvent]) -> Iterator[dict[str, int | str]]:
    """The transitions of all ends, listeners included, in order of time.

    Each is `{"t": ns, "host", "local", "remote", "from", "to", "provenance"}`; the provenance is the final
    one. What was inferred and then taken back by a sample is left out. All events are read before the first
    comes.
    """
    for transition in tell(events).transitions:
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
