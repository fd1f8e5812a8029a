"""Opens whatever file a run can be in: a recording of ours, or a capture."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sockviz.events import AnyEvent
from sockviz.recording.capture.packets import is_capture
from sockviz.recording.reader import read


def events_of(path: Path, notice: Callable[[str], None] = lambda _: None) -> Iterator[AnyEvent]:
    """The events of a recording, or of all connections of a capture (pcap, pcapng), as they are asked for.

    Args:
        path: the file.
        notice: is told where it is cut off or damaged, in one sentence.

    Raises:
        UserError: it can't be read, or is neither.
    """
    if is_capture(path):
        from sockviz.recording.capture.events import capture_events  # noqa: PLC0415 - few need it

        return capture_events(path, notice=notice)
    return read(path, notice)
