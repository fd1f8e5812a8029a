"""`sockviz watch` as a user runs it, without a screen."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import SOCKVIZ, complaint, run

from sockviz import arguments
from sockviz.arguments_watch import Watch
from sockviz.errors import UserError


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as made:
        yield made


def test_events_on_standard_output_and_a_summary_beside_it(server: socket.socket, user: list[str]) -> None:
    number = server.getsockname()[1]
    with socket.create_connection(server.getsockname()):
        done = run("watch", "--headless", "--duration", "1", f":{number}", prefix=user)
    assert done.returncode == 0, done
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [line["event"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("header", "ended")
    assert {"listeners_chosen", "listener_sampled", "sockets_sampled"} <= set(kinds)
    (row,) = [one for line in lines for one in line.get("changed", ()) if one["local"].endswith(f":{number}")]
    assert row["state"] == "ESTABLISHED"
    assert f"127.0.0.1:{number}: 0 connections came, 0 went, accept queue 1 (limit 5)" in done.stderr
    assert lines[0]["hidden"]


def test_all_listeners(server: socket.socket) -> None:
    done = run("watch", "--headless", "--duration", "0.5")
    assert done.returncode == 0
    assert f'"local":"127.0.0.1:{server.getsockname()[1]}"' in done.stdout
    assert "listener" in done.stderr


def test_what_is_recorded_is_what_was_printed(server: socket.socket, tmp_path: Path) -> None:
    file = tmp_path / "night.jsonl"
    done = run(
        "watch", "--headless", "--duration", "0.5", "--record", str(file), str(server.getsockname()[1])
    )
    assert done.returncode == 0
    assert file.read_text() == done.stdout
    again = run("replay", "--headless", str(file))
    assert again.stdout == done.stdout
    for what in ("states", "text"):
        assert run("export", str(file), "--to", what).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(server: socket.socket, number: int) -> None:
    command = [*SOCKVIZ, "watch", "--headless", f":{server.getsockname()[1]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if "sockets_sampled" in line:
                break
        process.send_signal(number)
        rest, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert '"event":"ended"' in rest.splitlines()[-1]
    assert "connections came" in said


def test_who_is_to_outlive_the_terminal_does(server: socket.socket) -> None:
    command = ["nohup", *SOCKVIZ, "watch", "--headless", f":{server.getsockname()[1]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        sampled = (line for line in process.stdout if "sockets_sampled" in line)
        assert next(sampled)
        process.send_signal(signal.SIGHUP)
        assert [next(sampled), next(sampled)]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_nobody_reads() -> None:
    command = " ".join([*SOCKVIZ, "watch", "--headless", "--interval", "20", "|", "head", "-n", "1"])
    piped = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)  # noqa: S602
    assert piped.returncode == 0
    assert piped.stdout.startswith('{"event":"header"')
    assert "Traceback" not in piped.stderr


def test_nobody_listens() -> None:
    assert complaint("watch", "--headless", ":1") == (
        "nobody listens on :1 (`sockviz watch --headless` and `ss -tln` show who listens where)"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("0",), "'0' is no port like 8001, and no address like 127.0.0.1:8001"),
        (("host:80",), "'host:80' is no port"),
        (("--pid", "0"), "--pid: '0' is not a process's id"),
        (("--netns", "../x"), "'../x' is neither a process's id nor the name of a namespace"),
        (("--interval", "1"), "out of range: from 10 ms to 10000 ms"),
        (("--level", "all"), "none of best, sampling, packets, trace"),
        (("--headless", "--theme", "dark"), "--headless shows nothing"),
        (tuple(map(str, range(1, 40))), "at most 32 listeners"),
        (("--port", "80"), "there is no option '--port'"),
    ],
)
def test_wrong_use(given: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError) as caught:
        arguments.parse(["watch", *given])
    assert said in caught.value.line()


@pytest.mark.parametrize(
    ("given", "targets"),
    [
        (("8001",), (":8001",)),
        ((":8001", "8001"), (":8001",)),
        (("127.0.0.1:80", "[::1]:443"), ("127.0.0.1:80", "[::1]:443")),
        (("localhost:80",), ("127.0.0.1:80",)),
        (("*:80",), ("0.0.0.0:80",)),
        (("[0:0:0:0:0:0:0:1]:80",), ("[::1]:80",)),
    ],
)
def test_targets(given: tuple[str, ...], targets: tuple[str, ...]) -> None:
    request = arguments.parse(["watch", *given, "--pid", "7", "--netns", "blue"])
    assert isinstance(request, Watch)
    watched = request.plan.setup.watch
    assert (watched.targets, watched.pids, watched.netns, watched.level) == (targets, (7,), "blue", "best")
