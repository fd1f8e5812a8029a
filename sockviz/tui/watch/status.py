"""The status line of watched listeners: what is watched, how much is seen of it. Pure."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from sockviz.errors import printable
from sockviz.tui.status import Part, Tone
from sockviz.tui.watch.render import words
from sockviz.world.watch.model import Watch

SIGHT = {
    "trace": "tracepoint: every transition",
    "packets": "packets: every connection",
    "sampling": "sampling: what is there when it looks",
}


LATE: Final = 2_000_000_000
"""ns; what was read longer ago than this, and than three times the interval, is no news."""


def parts(watch: Watch, *, replayed: str, netns: str, recording: Path | None, age: int = 0) -> Iterator[Part]:
    """The line's fields, left to right; `age`: how long ago the table was read last, ns, of what is live."""
    yield Part("sockviz", Tone.NAME)
    if replayed:
        yield Part(f"replay {printable(replayed)}", Tone.STRONG)
    if watch.header is None:
        yield Part("starting …")
        return
    yield Part(_what(watch), Tone.STRONG if not replayed else Tone.PLAIN)
    if netns:
        yield Part(f"netns {printable(netns)}", Tone.STRONG)
    level = words.level(watch)
    yield Part(SIGHT[level], Tone.PLAIN if level != "sampling" else Tone.WARN, rank=1)
    if "level" in watch.settings and watch.settings["level"] not in words.LEVELS:
        yield Part(printable(watch.settings["level"]), Tone.WARN, rank=1)
    if age > max(LATE, 3 * watch.interval):
        yield Part(f"last read {words.span(age)} ago: this machine is busy", Tone.WARN)
    elif watch.interval:
        yield Part(f"read every {words.span(round(watch.interval, -7))}", rank=3)
    if watch.lost:
        yield Part(f"{watch.lost:,} not seen", Tone.WARN)
    if recording is not None:
        yield Part(f"recording {printable(recording.name)}", rank=2)


def _what(watch: Watch) -> str:
    asked: Sequence[str] = watch.asked or watch.chosen
    return f"watch {printable(' '.join(asked))}" if watch.chosen else "watch: all listeners"
