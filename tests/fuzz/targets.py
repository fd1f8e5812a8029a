"""What is fuzzed: each target takes bytes, and may refuse them with a `UserError` and nothing else."""

import asyncio
import contextlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from sockviz import arguments, events, intents
from sockviz.errors import UserError
from sockviz.export import mermaid, pcapng, states, text
from sockviz.export.html import page
from sockviz.export.svg import document
from sockviz.guests import blocked, strace, wording
from sockviz.lessons import loading
from sockviz.programs.channel import Lines
from sockviz.recording.capture.catalogue import summarise
from sockviz.recording.capture.events import capture_events
from sockviz.recording.capture.packets import is_capture
from sockviz.recording.files import events_of
from sockviz.recording.reader import read
from sockviz.session.batches import Batches
from sockviz.session.timeline import Timeline
from sockviz.session.watch_timeline import WatchTimeline
from sockviz.tcp import datagram, link, segment

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
MOST = 300
"""Lines of a recording that are enough."""


@dataclass(frozen=True)
class Target:
    """Something that reads what strangers wrote."""

    name: str
    read: Callable[[bytes], None]
    """Raises nothing, or a UserError."""
    seeds: Callable[[], list[bytes]]
    """Good examples, to be spoilt."""
    words: tuple[bytes, ...] = ()
    """What the format is made of."""


HOSTILE = (
    b"\x1b[2J",
    b"\x1b]0;x\x07",
    b"\x9b31m",
    "\u202e".encode(),
    b"\xff\xfe",
    b"\0",
    b"[bold]",
    b"</script>",
)
_FILE = Path(tempfile.gettempdir()) / f"sockviz-fuzz-{os.getpid()}"


def _written(data: bytes) -> Path:
    """A file with these bytes, which is there until the next one."""
    _FILE.write_bytes(data)
    return _FILE


def clean_up() -> None:
    """Leave no file."""
    _FILE.unlink(missing_ok=True)


def _packet(data: bytes) -> None:
    for kind in {link.ETHERNET, link.RAW, link.NULL, link.LINUX_SLL, link.LINUX_SLL2, data[0] if data else 0}:
        segment.decode(data, kind)
        segment.decode(data, kind, len(data) + 9)
        datagram.decode(data, kind)
        link.wire_length(data, kind)
    segment.identity(data)


def _frames() -> list[bytes]:
    found = []
    for path in sorted(DATA.glob("*.jsonl")):
        frames = [one.segment.frame for one in read(path) if isinstance(one, events.SegmentSent)]
        found += [frame for frame in frames if frame][:20]
    return found


def _capture(data: bytes) -> None:
    path = _written(data)
    if not is_capture(path):
        return
    catalogue = summarise(path)
    for connection in catalogue.connections[:3]:
        _fold(capture_events(path, connection))
    _fold(capture_events(path))


def _captures() -> list[bytes]:
    """Recordings made into captures; and one of them as pcap, of either order of bytes."""
    found = [b"".join(pcapng.blocks(read(path))) for path in sorted(DATA.glob("*.jsonl"))]
    frames = _frames()
    for order, precision in (("little", 0xA1B2C3D4), ("big", 0xA1B23C4D)):
        parts = [
            precision.to_bytes(4, order), (2).to_bytes(2, order), (4).to_bytes(2, order), bytes(8),
            (65_535).to_bytes(4, order), (1).to_bytes(4, order),
        ]  # fmt: skip
        for number, frame in enumerate(frames):
            head = (number, number * 10, len(frame), len(frame))
            parts += [*(value.to_bytes(4, order) for value in head), frame]
        found.append(b"".join(parts))
    return found


def _recording(data: bytes) -> None:
    path = _written(data)
    try:
        _fold(events_of(path))
    finally:
        for export in (
            text.render,
            states.lines,
            mermaid.render,
            page.render,
            document.render,
            pcapng.blocks,
        ):
            try:
                for _ in export(events_of(path)):  # type: ignore[operator]
                    pass
            except UserError:
                continue


def _fold(read_: Iterable[events.AnyEvent]) -> None:
    """As it is looked at: a run or a capture; all the same as what is watched, whatever it says it is."""
    timeline, watched = Timeline(), WatchTimeline()
    for event in islice(read_, MOST):
        timeline.extend([event])
        watched.extend([event])
    timeline.world_at(timeline.end // 2)
    watched.watch_at(watched.end // 2)


def _recordings() -> list[bytes]:
    paths = sorted(DATA.glob("**/*.jsonl"))
    return [b"".join(path.read_bytes().splitlines(keepends=True)[:MOST]) for path in paths]


def _lesson(data: bytes) -> None:
    loading.load(_written(data))


def _lessons() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "sockviz" / "lessons" / "data").glob("*.toml"))]


def _events_pipe(data: bytes) -> None:
    """From the engine to the screen."""

    async def feed() -> None:
        batches = Batches(lambda _: None)
        for start in range(0, len(data), 4_000):
            batches.data_received(data[start : start + 4_000])
        batches.connection_lost(None)
        await batches.ended

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(feed())
    finally:
        loop.close()


def _intents_pipe(data: bytes) -> None:
    """From the screen to the engine; that the engine goes on is tested with a live one."""
    for line in Lines().feed(data + b"\n"):
        try:
            intents.decode(line)
        except msgspec.DecodeError:
            continue


def _intents() -> list[bytes]:
    made = [
        intents.Connect(count=3), intents.Call(host="client", name="send", data=b"hello", fd=3, pid=7),
        intents.Wire(mode="hold", delay=5), intents.Release(all=True), intents.Drop(id=4), intents.Quit(),
        intents.SetSysctl(host="server", name="net.ipv4.tcp_syncookies", value="0"), intents.Mark(text="x"),
    ]  # fmt: skip
    return [b"".join(map(intents.encode, made))]


def _command_line(data: bytes) -> None:
    given = [os.fsdecode(part) for part in data.split(b"\0")]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            arguments.parse(given)
    except SystemExit as end:
        if end.code not in {0, None}:
            raise AssertionError(f"exit status {end.code}") from end


def _command_lines() -> list[bytes]:
    lines = (
        "--source lab --port 80 --backlog 1 --accept never --clients 3 --hold --delay 5 --record x",
        "--headless --duration 1.5 --ipv6 --flow", "replay x.pcap --connection 3 --headless", "doctor --json",
        "export x.jsonl --to svg --theme dark --captions -o y", "export x --to cast --size 80x24",
        "lesson --list --json", "lesson handshake --headless --language zh", "lesson --check x.toml",
        "run python3 server.py -- nc 10.0.0.1 80", "watch 80 --headless --duration 3", "--help", "--version",
    )  # fmt: skip
    return [line.replace(" ", "\0").encode() for line in lines]


def _strace(data: bytes) -> None:
    parser = strace.Parser()
    for start in range(0, len(data) + 1, 50):
        for record in parser.feed(data[start : start + 50]):
            _told(record)
        parser.pending()


def _told(record: strace.Record) -> None:
    if isinstance(record, strace.Entered | strace.Returned):
        given = wording.arguments(record.args)
        wording.words(record.name, given)
        wording.plain(record.args)
        for one in given:
            wording.file(one)
            wording.ends(one)
            wording.address(one)
            wording.peer(one)
            wording.data(one)


def _straces() -> list[bytes]:
    return [(DATA / "strace.txt").read_bytes()]


def _proc(data: bytes) -> None:
    """Files of proc whose content a process chooses (its name), or that were read while it ended."""
    given = data.decode("utf-8", "replace")
    for machine in ("x86_64", "aarch64", ""):
        blocked.decode(given, machine)
    blocked.of_kernel(given)


def _procs() -> list[bytes]:
    return [
        b"288 0x3 0x7ffc 0x7ffd 0x80000 0x0 0x0 0x7ffc0 0x7f00\n", b"running\n", b"-1 0x7ffc 0x7f\n",
        b"inet_csk_accept", b"0", b"7 0x5 0x1 0xffffffff 0 0 0 0 0\n",
    ]  # fmt: skip


def _json(*words: str) -> tuple[bytes, ...]:
    numbers = (
        b"0",
        b"-1",
        b"9223372036854775807",
        b"1e400",
        b"18446744073709551616",
        b"null",
        b"true",
        b"{}",
    )
    return (
        *(word.encode() for word in words),
        *numbers,
        b"[]",
        b'""',
        b'"\\u001b[2J"',
        b'"\\ud800"',
        b"[" * 500,
    )


TARGETS = (
    Target(
        "packet",
        _packet,
        _frames,
        (b"\x08\x00", b"\x86\xdd", b"\x81\x00", b"\x45", b"\x60", b"\x06", b"\x2c"),
    ),
    Target(
        "capture",
        _capture,
        _captures,
        (b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\x2b\x1a", b"\xff\xff\xff\xff", b"\0\0\0\0"),
    ),
    Target("recording", _recording, _recordings, _json('"event"', '"t"', '"segment"', '"host"', '"client"')),
    Target(
        "lesson", _lesson, _lessons, (b"[[step]]", b"[step.ask]", b"= {", b'"""', b"do", b"expect", b"zh")
    ),
    Target("events pipe", _events_pipe, _recordings, _json('"event"', '"t"')),
    Target("intents pipe", _intents_pipe, _intents, _json('"intent"', '"pid"')),
    Target(
        "command line",
        _command_line,
        _command_lines,
        (b"\0", b"--", b"=", b"-1", b"\0--port\0", b"nan", b"inf"),
    ),
    Target(
        "strace",
        _strace,
        _straces,
        (b"<unfinished ...>", b"resumed>", b"= ", b"\n", b"->", b"\\x", b"{", b"["),
    ),
    Target("proc", _proc, _procs, (b"0x", b" ", b"\n", b"-")),
)


def check(target: Target, data: bytes) -> str:
    """Read `data`; the line in which it was refused, or nothing.

    Raises:
        AssertionError: it was refused with what a terminal would obey.
        Exception: anything else that it was answered with is a fault.
    """
    try:
        target.read(data)
    except UserError as error:
        line = error.line()
    else:
        return ""
    assert line.isprintable(), line
    return line


_VALUE = re.compile(rb'"[^"\n]*"|-?\d+|true|false')


def spoil(data: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """`data` with changes: (what, where in thousandths, with which bytes)."""
    for what, where, given in edits:
        at = len(data) * where // 1_000
        match what:
            case 0:
                data = data[:at] + given + data[at:]
            case 1:
                data = data[:at] + given + data[at + len(given) :]
            case 2:
                data = data[:at] + data[at + max(len(given), 1) :]
            case 3:
                data = data[:at]
            case 4:
                line = data.rfind(b"\n", 0, at) + 1
                end = data.find(b"\n", at)
                data = data[:at] + data[line : end + 1] * 2 + data[at:]
            case 5:
                data = data[:at] + given * 200 + data[at:]
            case _:  # another value, in what is text with values
                if found := _VALUE.search(data, at):
                    data = data[: found.start()] + given + data[found.end() :]
    return data[: 1 << 18]
