"""Opens a capture file, and reads its packets up to its end or to where it is damaged.

Owns what kinds of capture files there are, and what is said of those that can't be read.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from sockviz.errors import UserError
from sockviz.recording.capture import pcap, pcapng
from sockviz.recording.capture.packet import Packet
from sockviz.recording.capture.window import Damaged, Progress, Window

_SECTION: Final = pcapng.SECTION.to_bytes(4, "big")
_MAGIC: Final = 4

_FOREIGN: Final = {
    b"\x1f\x8b": ("is compressed", "decompress it first: gunzip FILE"),
    b"\x28\xb5\x2f\xfd": ("is compressed", "decompress it first: unzstd FILE"),
    b"\x04\x22\x4d\x18": ("is compressed", "decompress it first: unlz4 FILE"),
    b"\xfd7zXZ": ("is compressed", "decompress it first: unxz FILE"),
    b"BZh": ("is compressed", "decompress it first: bunzip2 FILE"),
    b"PK\x03\x04": ("is a zip archive", "unpack it first: unzip FILE"),
    b"snoo": ("is a capture of snoop", "convert it first: editcap -F pcapng FILE OUT"),
    bytes.fromhex("34cdb2a1"): ("is a modified kind of pcap", "convert it first: editcap -F pcap FILE OUT"),
    bytes.fromhex("a1b2cd34"): ("is a modified kind of pcap", "convert it first: editcap -F pcap FILE OUT"),
}
"""How other files begin → what they are, and what helps."""

_A_CAPTURE = "a capture is what `tcpdump -w FILE` or Wireshark writes"


def _nothing(_: object) -> None:
    """Nobody wants to know."""


def is_capture(path: Path) -> bool:
    """Whether a file begins as a pcap or pcapng file does; False also for one that can't be read."""
    try:
        with _open(path) as file:
            magic = file.read(_MAGIC)
    except (OSError, UserError):
        return False
    return magic == _SECTION or magic in pcap.MAGICS


def packets(
    path: Path, *, notice: Callable[[str], None] = _nothing, progress: Progress = _nothing
) -> Iterator[Packet]:
    """The packets of a pcap or pcapng file in their order, read while they are asked for.

    A file that is cut off or damaged is read up to there, and `notice` is told so in one sentence.

    Raises:
        UserError: there is no such file, it is no capture, or it is damaged before its first packet.
    """
    with _open(path) as file:
        window = Window(file, os.fstat(file.fileno()).st_size, progress)
        try:
            window.more(0)
            yield from _reader(path, window.data)(window)
        except OSError as error:
            raise _unreadable(path, error) from error
        except Damaged as damage:
            if not damage.packets:
                raise UserError(
                    f"{path} {damage}: it has no packets", _A_CAPTURE, "not-a-capture"
                ) from damage
            notice(f"{path} {damage}; everything before it is there")


def _open(path: Path) -> BinaryIO:
    """Open a file, no pipe or device: a capture is read more than once.

    Raises:
        UserError: it can't be.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UserError(f"{path} is no file", _A_CAPTURE, kind="unreadable")
        return path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> UserError:
    reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return UserError(f"can't read {path}: {reason}", _A_CAPTURE, kind="unreadable")


def _reader(path: Path, beginning: bytes) -> Callable[[Window], Iterator[Packet]]:
    """What reads a file that begins so.

    Raises:
        UserError: it is no capture.
    """
    magic = beginning[:_MAGIC]
    if magic == _SECTION:
        return pcapng.packets
    if magic in pcap.MAGICS:
        return pcap.packets
    what, hint = f"is {'empty' if not beginning else 'no capture'}", _A_CAPTURE
    for start, known in _FOREIGN.items():
        if beginning.startswith(start):
            what, hint = known
    raise UserError(f"{path} {what}", hint, kind="not-a-capture")
