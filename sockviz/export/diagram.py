"""The transition table as a picture and as a list, for the documentation.

`sockviz/tcp/STATES.md` is made by `python -m sockviz.export.diagram`.
"""

import sys
from collections.abc import Iterator
from typing import Final

from sockviz.tcp.states import EDGES, Edge, State, Trigger

_DRAWN: Final = {
    Trigger.LISTEN,
    Trigger.CONNECT,
    Trigger.CLOSE,
    Trigger.SEND_SYN_ACK,
    Trigger.RECV_SYN,
    Trigger.RECV_SYN_ACK,
    Trigger.RECV_ACK_OF_SYN,
    Trigger.RECV_FIN,
    Trigger.RECV_ACK_OF_FIN,
    Trigger.TIME_WAIT_OVER,
}
"""What figure 5 of the RFC draws; resets and time-outs are in the list only."""

_PREFACE: Final = """\
# TCP's states, as Linux has them

Made from the transition table (`sockviz/tcp/states.py`) by `python -m sockviz.export.diagram`; a test keeps
the two equal.
The picture is figure 5 of RFC 9293. Resets and time-outs are in the list below it only.
"""


def mermaid() -> Iterator[str]:
    """The lines of a Mermaid state diagram: figure 5 as Linux does it."""
    yield "stateDiagram-v2"
    yield "    [*] --> CLOSED"
    for edge in EDGES:
        if edge.linux and edge.trigger in _DRAWN and edge.before is not edge.after:
            yield f"    {edge.before} --> {edge.after}: {edge.why}"


def document() -> Iterator[str]:
    """The lines of `sockviz/tcp/STATES.md`."""
    yield from _PREFACE.splitlines()
    yield from ("", "```mermaid", *mermaid(), "```", "")
    yield from ("| from | when | to | who says so |", "| --- | --- | --- | --- |")
    for state in State:
        yield from (_row(edge) for edge in EDGES if edge.before is state and edge.after is not state)


def _row(edge: Edge) -> str:
    to = edge.after.value if edge.linux else f"{edge.after.value} (not in Linux)"
    return f"| {edge.before} | {edge.why} | {to} | {edge.source} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in document())
