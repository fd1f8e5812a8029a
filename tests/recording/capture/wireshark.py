"""What tshark says of a capture."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FIELDS = (
    "frame.number", "tcp.stream", "tcp.completeness", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw",
    "tcp.window_size_value", "tcp.len", "tcp.srcport", "tcp.analysis.retransmission",
    "tcp.analysis.fast_retransmission", "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order",
    "tcp.analysis.keep_alive", "frame.comment", "frame.interface_name", "frame.len", "frame.cap_len",
)  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """A TCP frame of a capture."""

    number: int
    stream: int
    completeness: int
    flags: int
    seq: int
    ack: int
    window: int
    length: int
    port: int
    """The sender's."""
    again: bool
    ambiguous: bool
    """Out of order or a keepalive, as far as tshark can tell from times and numbers."""
    comment: str
    interface: str
    size: int
    kept: int


def why_no_tshark() -> str:
    return "" if shutil.which("tshark") else "tshark is not installed"


def frames(path: Path, *options: str) -> list[Frame]:
    """All TCP frames; the second pass knows a stream's completeness from its first frame on."""
    fields = [part for field in _FIELDS for part in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-2", "-r", path, "-Y", "tcp", "-T", "fields", *fields, *options],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "as user" not in line]
    assert not complaints
    return [_frame(line.split("\t")) for line in done.stdout.splitlines()]


def _frame(cells: list[str]) -> Frame:
    named = dict(zip(_FIELDS, cells, strict=True))
    numbers = [int(named[field] or "0", 0) for field in _FIELDS[:9]]
    again = any(named[f"tcp.analysis.{kind}retransmission"] for kind in ("", "fast_", "spurious_"))
    ambiguous = bool(named["tcp.analysis.out_of_order"] or named["tcp.analysis.keep_alive"])
    sizes = int(named["frame.len"]), int(named["frame.cap_len"])
    return Frame(*numbers, again, ambiguous, named["frame.comment"], named["frame.interface_name"], *sizes)
