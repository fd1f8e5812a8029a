"""What a user can do wrong: one clear line with what to do, status 2, never a traceback."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from command import ROOT, SOCKVIZ, complaint, free_port, run

from sockviz import __version__

DATA = ROOT / "tests" / "data"
RECORDING = str(DATA / "life-lab.jsonl")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--prot 80", "there is no option '--prot' (did you mean --port?)"),
        ("--bakclog=3", "did you mean --backlog?"),
        ("--xyzzy", "there is no option '--xyzzy' (see sockviz --help)"),
        ("-x", "there is no option '-x'"),
        ("exprot", "there is no command 'exprot' (did you mean export?)"),
        ("lessen", "there is no command 'lessen' (did you mean lesson?)"),
        ("--port 80 export x", "the command export comes first"),
        ("--port 0", "'0' is not a port: a whole number from 1 to 65535"),
        ("--port 65536", "'65536' is not a port"),
        ("--port http", "'http' is not a port"),
        ("--port", "--port needs a value"),
        ("--backlog -1", "'-1' is not a backlog: a whole number from 0"),
        ("--backlog 1e3", "'1e3' is not a backlog"),
        ("--clients -1", "'-1' is not a number of clients"),
        ("--clients 100000", "'100000' is not a number of clients: a whole number from 0 to 256"),
        ("--accept maybe", "'maybe' is none of auto, manual, never"),
        ("--source net", "'net' is none of lab, loopback"),
        ("--delay -1", "'-1' is not a number of milliseconds"),
        ("--delay nan", "'nan' is not a number of milliseconds"),
        ("--duration 0", "'0' is not a number of seconds"),
        ("--duration inf", "'inf' is not a number of seconds"),
        ("--hold --flow", "--flow can't be given together with --hold"),
        ("--hold --headless", "--headless can't hold the wire"),
        ("--theme pink", "'pink' is none of dark, light, contrast, projector"),
        ("--headless --projector", "--headless shows nothing (leave out --theme and --projector)"),
        ("replay a --headless --theme light", "--headless shows nothing"),
        ("--source loopback --hold", "loopback has no wire that could be held or slowed"),
        ("--source loopback --delay 5 --headless", "loopback has no wire that could be held or slowed"),
        ("export", "missing: FILE, --to"),
        ("export a", "missing: --to"),
        ("export a --to pdf", "'pdf' is none of text, "),
        ("export a --to cast --size 9", "'9' is no size like 120x36"),
        ("export a --to svg --size 90x30", "--size can't be given with --to svg (it is for cast)"),
        ("export a --to html --theme dark", "--theme can't be given with --to html (it is for svg and cast)"),
        ("export a --to text --captions", "--captions can't be given with --to text (it is for svg)"),
        ("export a b --to text", "there is one 'b' too many"),
        ("export a --too text", "missing: --to"),
        ("doctor --jsno", "did you mean --json?"),
    ],
)
def test_wrong_words(arguments: str, words: str) -> None:
    assert words in complaint(*arguments.split())


def test_no_terminal() -> None:
    assert "--headless" in complaint()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_terminal(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *SOCKVIZ],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout


def test_strange_arguments_reach_no_terminal() -> None:
    assert complaint("\x1b]0;hello\x07").isprintable()
    assert complaint("--port", "\udcff\x1b[2J").isprintable()


def test_a_port_in_use() -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        said = complaint("--headless", "--source", "loopback", "--port", port)
    assert port in said
    assert "--port N" in said


class TestRecord:
    def test_an_unwritable_file(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "missing" / "r", Path("/proc/r")):
            assert str(path) in complaint("--headless", "--record", str(path))

    def test_an_unwritable_file_is_noticed_before_anything_starts(self, tmp_path: Path) -> None:
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
            port = str(other.getsockname()[1])
            said = complaint("--headless", "--source", "loopback", "--port", port, "--record", str(tmp_path))
        assert "can't write the recording" in said

    def test_a_run_that_fails_leaves_an_older_recording_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "r.jsonl"
        path.write_text("precious")
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
            port = str(other.getsockname()[1])
            complaint("--headless", "--source", "loopback", "--port", port, "--record", str(path))
        assert path.read_text() == "precious"

    def test_a_full_disk(self) -> None:
        done = run("--headless", "--source", "loopback", "--port", free_port(), "--record", "/dev/full")
        assert done.returncode == 2
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
        # The run itself went on.
        assert '"event":"ended"' in done.stdout

    def test_a_full_standard_output(self) -> None:
        with Path("/dev/full").open("w") as full:
            done = run("--headless", "--source", "loopback", "--port", free_port(),
                       capture_output=False, stdout=full, stderr=subprocess.PIPE)  # fmt: skip
        assert done.returncode == 2
        assert "can't write to standard output: No space left" in done.stderr
        assert "Traceback" not in done.stderr


class TestExport:
    def test_what_is_no_recording(self, tmp_path: Path) -> None:
        path = tmp_path / "r"
        for content in (b"", b"hello\n", os.urandom(1000), b"\x1b]0;title\x07\n"):
            path.write_bytes(content)
            assert str(path) in complaint("export", str(path), "--to", "states")

    def test_a_bad_line_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "r"
        lines = Path(RECORDING).read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:6], b"\x1b[31m\n", *lines[6:]]))
        for to in ("states", "text"):
            assert ", line 7:" in complaint("export", str(path), "--to", to)

    def test_a_newer_format(self, tmp_path: Path) -> None:
        path = tmp_path / "r"
        path.write_text('{"event":"header","format":99}\n')
        assert "made by a newer sockviz (format 99" in complaint("export", str(path), "--to", "text")

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert "No such file" in complaint("export", str(tmp_path / "missing"), "--to", "text")

    def test_an_unwritable_output(self, tmp_path: Path) -> None:
        assert str(tmp_path) in complaint("export", RECORDING, "--to", "states", "-o", str(tmp_path))

    def test_a_bad_recording_leaves_the_output_alone(self, tmp_path: Path) -> None:
        out, bad = tmp_path / "out", tmp_path / "bad"
        out.write_text("precious")
        bad.write_bytes(Path(RECORDING).read_bytes() + b"nonsense\n")
        complaint("export", str(bad), "--to", "states", "-o", str(out))
        assert out.read_text() == "precious"

    def test_a_recording_that_is_cut_off_is_exported_and_it_is_said(self, tmp_path: Path) -> None:
        path = tmp_path / "r"
        path.write_bytes(Path(RECORDING).read_bytes()[:-10])
        done = run("export", str(path), "--to", "states")
        assert done.returncode == 0
        assert done.stdout
        assert "cut off in line" in done.stderr
        assert done.stderr.count("\n") == 1


class TestEnds:
    def test_a_reader_that_has_seen_enough(self) -> None:
        for command in (
            ["export", RECORDING, "--to", "states"],
            ["--help"],
            ["--headless", "--source", "loopback", "--port", free_port()],
        ):
            with subprocess.Popen(
                [*SOCKVIZ, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
            ) as process:
                assert process.stdout
                assert process.stderr
                process.stdout.close()
                said = process.stderr.read()
                assert process.wait(60) == 0, said
            assert b"Traceback" not in said
            assert b"BrokenPipe" not in said

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_a_headless_run_in_order(self, number: signal.Signals) -> None:
        command = [*SOCKVIZ, "--headless", "--source", "loopback", "--port", free_port(),
                   "--accept", "never", "--duration", "60"]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stderr
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "call_returned" in line and '"remote"' in line:
                    process.send_signal(number)
                    break
            lines += process.stdout.readlines()
            said = process.stderr.read()
            assert process.wait(60) == 0
        assert '"event":"ended"' in lines[-1]
        assert any('"name":"close"' in line for line in lines)
        assert "Traceback" not in said
        assert "ESTABLISHED without owner" in said

    def test_ctrl_c_while_it_is_imported_is_silent(self) -> None:
        script = (
            "import os, signal, sys\n"
            "class Finder:\n"
            "    def find_spec(self, name, *_):\n"
            "        if name == 'sockviz.arguments':\n"
            "            os.kill(os.getpid(), signal.SIGINT)\n"
            "sys.meta_path.insert(0, Finder())\n"
            "from sockviz.__main__ import main\n"
            "main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")

    def test_ctrl_c_during_an_export_is_silent(self, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        with subprocess.Popen(
            [*SOCKVIZ, "export", str(fifo), "--to", "states"], stderr=subprocess.PIPE, text=True
        ) as process:
            with fifo.open("wb"):  # it is reading now
                process.send_signal(signal.SIGINT)
                assert process.wait(60) == 130
            assert process.stderr
            assert process.stderr.read() == ""


def test_help_and_version() -> None:
    assert run("--version").stdout == f"sockviz {__version__}\n"
    for arguments in (["--help"], ["export", "--help"], ["doctor", "-h"]):
        done = run(*arguments)
        assert done.returncode == 0
        assert done.stdout.startswith("usage: sockviz")
        assert max(map(len, done.stdout.splitlines())) <= 90
    words = "source|port|backlog|accept|clients|ipv6|delay|record|headless|duration|version"
    assert {f"--{word}" for word in words.split("|")} <= set(re.findall(r"--[a-z0-9]+", run("--help").stdout))


def test_nothing_is_left_of_a_failed_start() -> None:
    mark = f"SOCKVIZ_TEST={uuid.uuid4()}"
    name, value = mark.split("=")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        complaint("--headless", "--source", "loopback", "--port", port, env={**os.environ, name: value})
    assert [path for path in Path("/proc").glob("[0-9]*/environ") if mark.encode() in _read(path)] == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_what_is_not_utf8_can_not_be_passed_on() -> None:
    said = complaint("run", "--headless", "--server", "sleep 1", "--env", "A=\udcff")
    assert "is not UTF-8" in said
