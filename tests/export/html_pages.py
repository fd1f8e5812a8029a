"""Recordings, and the pages that are made of them, for the tests of `export --to html`."""

from pathlib import Path

from playbook import Playbook

from sockviz import events
from sockviz.export.html.page import render
from sockviz.recording.reader import read

DATA = Path(__file__).parents[1] / "data"
FULL = DATA / "full-queue-lab.jsonl"
BY_HAND = DATA / "by-hand-lab.jsonl"
MS = 1_000_000
EVIL = (
    "</script><script>window.pwned=1</script><img src=x onerror=pwned=1> <!-- {{film}} \x1b[31m \u2028 汉字"
)


def page(run) -> str:
    return "\n".join(render(run.events if isinstance(run, Playbook) else run))


def recorded(name: Path) -> list[events.AnyEvent]:
    return list(read(name))


def seen_at_one_point() -> Playbook:
    """A capture: one time for each segment, no calls, no table."""
    book = Playbook(source="pcap", capabilities=("capture",))
    for at, sent in enumerate(one for one in recorded(BY_HAND) if isinstance(one, events.SegmentSent)):
        book.feed(
            events.SegmentCaptured(
                t=(at + 1) * 100 * MS,
                id=sent.id,
                sender=sent.sender,
                receiver=sent.receiver,
                segment=sent.segment,
            )
        )
    return book
