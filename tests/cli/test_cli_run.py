"""`sockviz run` as a command: what it says, what it records, how it ends."""

import signal
import subprocess
import sys

import pytest
from command import SOCKVIZ, complaint, run, said_of_a_killed

from sockviz import arguments, commands
from sockviz.arguments_run import OwnPrograms
from sockviz.errors import UserError
from sockviz.events import AnyEvent, Ended, Header, ProgramEnded, ProgramOutput, ProgramStarted, decode
from sockviz.recording.reader import read

SERVER = (
    f'{sys.executable} -c \'import socket; server = socket.create_server(("", 8001), backlog=7)\n'
    "while True: server.accept()[0].recv(9)'"
)
CLIENT = f'{sys.executable} -c \'import socket; socket.create_connection(("10.0.0.1", 8001)).send(b"hello")\''


@pytest.fixture(scope="module")
def lab() -> None:
    if (done := run("--headless", "--clients", "0", "--source", "lab")).returncode:
        pytest.skip(done.stderr.strip())


def told(done: subprocess.CompletedProcess[str]) -> list[AnyEvent]:
    assert "Traceback" not in done.stderr
    return [decode(line) for line in done.stdout.splitlines()]


class TestWords:
    @pytest.mark.parametrize(
        ("text", "argv"),
        [
            ("./server 8001", ["./server", "8001"]),
            ("curl 'http://10.0.0.1:8001/?a=1'", ["curl", "http://10.0.0.1:8001/?a=1"]),
            ("curl http://[fd00::1]:8001/", ["curl", "http://[fd00::1]:8001/"]),
            ("echo 'a | b'", ["echo", "a | b"]),
            ("echo a | cat", ["/bin/sh", "-c", "echo a | cat"]),
            ('echo "$HOME"', ["/bin/sh", "-c", 'echo "$HOME"']),
            ("echo '$HOME'", ["echo", "$HOME"]),
            (r"echo \$HOME", ["echo", "$HOME"]),
            ("A=1 ./server", ["/bin/sh", "-c", "A=1 ./server"]),
            ("./dir=a/server", ["./dir=a/server"]),
        ],
    )
    def test_a_command_is_split_as_by_a_shell(self, text, argv):
        found = commands.argv(text)
        assert found == argv or (argv == ["./dir=a/server"] and found[-1] == text)

    @pytest.mark.parametrize("text", ["", " ", "'a", "a\0b", "x" * 5000])
    def test_what_is_no_command(self, text):
        with pytest.raises(UserError):
            commands.argv(text)

    def test_defaults(self):
        asked = arguments.parse(["run", "--server", "a", "--client", "b", "--client", "c", "--env", "K=V=W"])
        assert isinstance(asked, OwnPrograms)
        setup = asked.plan.setup
        assert [(one.host, one.text) for one in setup.commands] == [
            ("server", "a"),
            ("client", "b"),
            ("client", "c"),
        ]
        assert (setup.mode, setup.trace, setup.environment) == ("flow", True, {"K": "V=W"})
        assert setup.delay == 400_000_000
        assert arguments.parse(["run", "--server", "a", "--headless"]).plan.setup.delay == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "which server? (give one with --server CMD)"),
        (("--server", "./nothing-here"), "there is no program './nothing-here' (compile it, or see where"),
        (("--server", "no-such-command"), "there is no program 'no-such-command' (install it, or give its"),
        (("--server", "true", "--client", "/etc/passwd"), "'/etc/passwd' can't be executed (make it exec"),
        (("--server", "'"), "a quote is not closed"),
        (("--server", "true", "--cwd", "/nowhere"), "/nowhere is no directory"),
        (("--server", "true", "--env", "K"), "--env: 'K' is not NAME=VALUE"),
        (("--server", "true", "--headless", "--hold"), "--headless can't hold the wire"),
        (("--server", "true", "--headless", "--projector"), "--headless shows nothing"),
        (("--server", "true", "--backlog", "3"), "there is no option '--backlog'"),
    ],
)
def test_wrong_use_is_one_line_before_anything_starts(options, says):
    assert complaint("run", *options).startswith(says)


class TestRuns:
    @pytest.fixture(autouse=True)
    def _lab(self, lab):
        pass

    def test_until_all_clients_have_ended(self, user, shared):
        recording = shared / f"run-{len(user)}.jsonl"
        done = run(
            "run", "--server", SERVER, "--client", CLIENT, "--headless", "--record", str(recording),
            prefix=user, cwd=shared,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        events = told(done)
        assert isinstance(events[0], Header)
        assert "programs" in events[0].capabilities
        assert isinstance(events[-1], Ended)
        started = {one.program: one for one in events if isinstance(one, ProgramStarted)}
        assert started["server"].command == SERVER
        assert started["client 1"].host == "client"
        assert list(read(recording)) == events
        assert "0.0.0.0:8001: accept queue 0, limit 7" in done.stderr

    def test_a_failing_client_is_named_and_is_the_status(self):
        done = run("run", "--server", SERVER, "--client", "sh -c 'exit 3'", "--headless")
        assert done.returncode == 1
        assert "sockviz: client 1 failed: ended with status 3 (sh -c 'exit 3')" in done.stderr

    def test_a_client_that_can_not_be_executed(self, tmp_path):
        broken = tmp_path / "broken"
        broken.write_bytes(b"\x7fELF nothing more")
        broken.chmod(0o755)
        done = run("run", "--server", SERVER, "--client", str(broken), "--client", "true", "--headless")
        assert done.returncode == 1
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("sockviz: "))
        assert line.startswith("sockviz: client 1 could not be started: ")
        assert line.endswith(": Exec format error")
        assert [one.program for one in told(done) if isinstance(one, ProgramStarted)][-1] == "client 2"

    def test_a_server_that_ends_without_having_listened(self):
        done = run("run", "--server", "true", "--client", CLIENT, "--headless")
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "sockviz: no server listened before it ended"
        assert not [one for one in told(done) if isinstance(one, ProgramStarted) and one.host == "client"]

    def test_the_time_is_up(self):
        done = run("run", "--server", SERVER, "--client", "sleep 1000", "--headless", "--duration", "1.5")
        assert done.returncode == 0, "that we ended them is no failure of theirs"
        ended = [one for one in told(done) if isinstance(one, ProgramEnded)]
        assert [one.status for one in ended] == [-signal.SIGTERM] * 2

    def test_variables_and_directory(self, tmp_path):
        done = run(
            "run", "--server", "sh -c 'echo $LESSON; pwd; exit 4'", "--headless",
            "--env", "LESSON=sockets", "--cwd", str(tmp_path),
        )  # fmt: skip
        assert done.returncode == 1
        output = b"".join(one.data for one in told(done) if isinstance(one, ProgramOutput))
        assert output.decode().split() == ["sockets", str(tmp_path)]

    def test_without_strace(self):
        done = run("run", "--server", SERVER, "--client", CLIENT, "--headless", "--no-strace")
        assert done.returncode == 0, done.stderr
        events = told(done)
        assert "calls" not in events[0].capabilities
        assert "--no-strace was given" in events[0].hidden[-1]
        blocked = {
            one.name for one in events if type(one).__name__ == "ThreadSampled" and one.host == "server"
        }
        assert blocked & {"accept", "accept4"}

    def test_a_signal_ends_it_in_order(self):
        command = [*SOCKVIZ, "run", "--server", SERVER, "--client", "sleep 1000", "--headless"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in process.stdout:
            if '"client 1"' in line:
                process.send_signal(signal.SIGINT)
                break
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert isinstance(decode(rest.splitlines()[-1]), Ended)


def test_a_program_whose_end_nobody_saw(lab: None) -> None:
    """Whoever started it would have been told how it ended, and was killed."""
    options = ["run", "--headless", "--server", "sleep 60"]
    said = said_of_a_killed("keeper", *options, told='"program_started"')
    assert said == "sockviz: server failed: it is not known how it ended (sleep 60)"
