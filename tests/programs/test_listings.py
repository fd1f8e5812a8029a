"""The toy programs' source: it runs, each language with each, and each call is on the line that is said."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from ensemble import PATIENCE

from sockviz.listings import CALLS, Language, Listing, Protocol, Role, listing

LANGUAGES: tuple[Language, ...] = ("python", "c")
ROLES: tuple[Role, ...] = ("server", "client")
PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")

SPY = """
import runpy, socket, sys

def spied(method, call):
    original = getattr(socket.socket, method)
    def made(self, *arguments, **named):
        frame = sys._getframe(1)
        if frame.f_code.co_filename == sys.argv[0]:
            print(call, frame.f_lineno, file=sys.stderr, flush=True)
        return original(self, *arguments, **named)
    return made

methods = {"__init__": "socket", "sendall": "send"}
methods |= {name: name for name in sys.argv[1].split(",") if name not in ("socket", "send")}
class Spy(socket.socket):
    locals().update({method: spied(method, call) for method, call in methods.items()})

sys.argv = sys.argv[2:]
socket.socket = Spy
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program whose sockets tell the line of each call, before it is made."""

SHIM = "#include <arpa/inet.h>\n#include <stdio.h>\n#include <sys/socket.h>\n#include <unistd.h>\n" + "".join(
    f'#define {call}(...) (dprintf(2, "{call} %d\\n", __LINE__), {call}(__VA_ARGS__))\n' for call in CALLS
)
"""The same in C."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    (folder / "spy.py").write_text(SPY)
    (folder / "shim.h").write_text(SHIM)
    return folder


def command(source: Listing, workshop: Path) -> list[str]:
    """What runs a program so that it tells its lines on standard error."""
    if source.name.endswith(".py"):
        return [sys.executable, str(workshop / "spy.py"), ",".join(CALLS), str(source.path)]
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    binary = workshop / source.path.stem
    strict = [compiler, "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", str(binary), str(source.path)]
    subprocess.run(strict, check=True)
    subprocess.run([*strict, "-D_GNU_SOURCE", "-include", str(workshop / "shim.h")], check=True)
    return [str(binary)]


def port_for(protocol: Protocol) -> int:
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def serving(
    source: Listing, workshop: Path, port: int, told: Path, *, files: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The server runs, and waits for somebody, in the block; then it is ended."""
    udp = source.name.startswith("udp")
    arguments = [*command(source, workshop), "127.0.0.1", str(port), *([] if udp else ["2"])]
    limited = [] if files is None else ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"]
    with told.open("wb") as errors, subprocess.Popen([*limited, *arguments], stderr=errors) as server:
        try:
            end = time.monotonic() + PATIENCE
            while ("recvfrom" if udp else "accept") not in told.read_text():
                assert server.poll() is None or "accept" in told.read_text(), told.read_text()
                assert time.monotonic() < end
                time.sleep(0.005)
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(PATIENCE)
            finally:
                server.kill()


def calls(told: str) -> dict[str, set[int]]:
    """Call → the lines that made it."""
    found: dict[str, set[int]] = {}
    for name, line in re.findall(r"^(\w+) (\d+)$", told, re.MULTILINE):
        found.setdefault(name, set()).add(int(line))
    return found


def expected(source: Listing) -> dict[str, set[int]]:
    return {name: {line} for name, line in source.calls.items()}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("theirs", "ours"), list(product(LANGUAGES, LANGUAGES)))
def test_they_talk_and_each_call_is_on_its_line(
    workshop: Path, tmp_path: Path, theirs: Language, ours: Language, protocol: Protocol
) -> None:
    server, client = listing("server", theirs, protocol), listing("client", ours, protocol)
    port, told = port_for(protocol), tmp_path / "told"
    talk = [*command(client, workshop), "127.0.0.1", str(port)]
    with serving(server, workshop, port, told):
        for text in ("hello", "once more"):
            done = subprocess.run([*talk, text], check=True, capture_output=True, text=True, timeout=PATIENCE)
            assert done.stdout == f"{text}\n"
            assert calls(done.stderr) == expected(client)
    made = calls(told.read_text())
    closing = made.pop("close", set())
    assert made == {name: lines for name, lines in expected(server).items() if name != "close"}
    assert closing <= {server.calls["close"], server.closes_listener}
    assert protocol == "udp" or server.calls["close"] in closing


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_close_is_the_listeners(workshop: Path, tmp_path: Path, language: Language) -> None:
    """Python is interrupted; in C accept() fails, since there is no descriptor left."""
    server = listing("server", language)
    told, port = tmp_path / "told", port_for("tcp")
    with serving(server, workshop, port, told, files=4 if language == "c" else None) as running:
        if language == "c":
            running.wait(PATIENCE)
    assert server.closes_listener in calls(told.read_text())["close"]


@pytest.mark.parametrize(("role", "language", "protocol"), list(product(ROLES, LANGUAGES, PROTOCOLS)))
def test_each_call_has_one_line_of_its_own(role: Role, language: Language, protocol: Protocol) -> None:
    source = listing(role, language, protocol)
    numbers = list(source.calls.values())
    assert len(set(numbers)) == len(numbers)
    for call, number in source.calls.items():
        assert f"{call}(" in source.lines[number - 1].replace("sendall(", "send(")
        assert source.line(call) == number
    in_order = [source.calls[name] for name in ("socket", "bind", "listen", "accept") if name in source.calls]
    assert in_order == sorted(in_order)
    assert source.line("shutdown") is None
    assert max(map(len, source.lines)) <= 110
    assert len(source.lines) <= 36, "it fits on a screen"
    assert os.access(source.path, os.R_OK)


def test_what_each_role_calls() -> None:
    for language in LANGUAGES:
        tcp, udp = listing("server", language), listing("server", language, "udp")
        opening, talking = {"socket", "setsockopt", "bind", "listen", "accept"}, {"recv", "send", "close"}
        assert set(tcp.calls) == opening | talking
        assert set(udp.calls) == {"socket", "bind", "recvfrom", "sendto", "close"}
        assert set(listing("client", language).calls) == {"socket", "connect", *talking}
        assert set(listing("client", language, "udp").calls) == {"socket", "sendto", "recvfrom", "close"}
        assert tcp.line("close", listening=True) == tcp.closes_listener != tcp.line("close")
    htons = listing("server", "c").where("htons(")
    assert htons is not None
    assert htons < listing("server", "c").calls["bind"]
    assert listing("server", "python").where("htons(") is None
