"""`sockviz doctor` on this machine: as we are, as an ordinary user, and in a sandbox that allows nothing."""

import ctypes
import json
import os
import platform
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/tmp"]


def doctor(
    *options: str, prefix: list[str] | None = None, sandbox: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [*(prefix or []), sys.executable, "-m", "sockviz", "doctor", *options]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=sandbox,
        timeout=120,
    )


def no_network() -> None:
    """seccomp: no socket of TCP/IP, no namespace (x86-64: socket is 41, unshare 272)."""

    def instruction(code: int, yes: int, no: int, k: int) -> bytes:
        return struct.pack("@HBBI", code, yes, no, k)

    allow, refuse = instruction(6, 0, 0, 0x7FFF0000), instruction(6, 0, 0, 0x00050001)  # EPERM
    program = b"".join(
        [
            instruction(0x20, 0, 0, 0),  # the call's number
            instruction(0x15, 4, 0, 272),
            instruction(0x15, 0, 4, 41),
            instruction(0x20, 0, 0, 16),  # its first argument
            instruction(0x15, 1, 0, 2),  # AF_INET
            instruction(0x15, 0, 1, 10),  # AF_INET6
            refuse,
            allow,
        ]
    )
    held = ctypes.create_string_buffer(program, len(program))
    filtered = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    assert libc.prctl(22, 2, filtered, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def test_for_programs() -> None:
    done = doctor("--json")
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert (done.returncode == 0) == bool(report["runs"])
    checks = {check["name"]: check for check in report["checks"]}
    assert {"lab", "loopback", "loopback: capture on lo", "psutil's table", "TCP_INFO"} <= checks.keys()
    for check in checks.values():
        assert check["found"]
        assert check["ok"] or check["hides"]
    assert ("lab" in report["runs"]) == checks["lab"]["ok"]
    assert report["about"]["kernel"].startswith("Linux")
    assert "listen(5) queues" in report["about"]["listen(n)"]


def test_for_people_every_line_is_about_one_thing() -> None:
    done = doctor()
    lines = done.stdout.splitlines()
    assert any(line.startswith("✓ TCP_INFO") for line in lines)
    assert any(line.startswith("✗ terminal ") for line in lines), "its output is no terminal here"
    assert lines[-1].startswith("sockviz ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_as_an_ordinary_user_it_says_what_is_hidden_and_the_command() -> None:
    done = doctor("--json", prefix=NOBODY)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0
    assert checks["loopback"]["ok"]
    capture = checks["loopback: capture on lo"]
    assert not capture["ok"]
    assert "packets" in capture["hides"]
    assert "--ambient-caps=+net_raw" in capture["command"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the sandbox knows the call numbers of x86-64")
def test_where_nothing_works_it_says_so_with_status_2() -> None:
    done = doctor(sandbox=no_network)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "sockviz can't run here: neither the lab nor loopback works."
    assert "✗ lab " in done.stdout
    assert "✗ loopback " in done.stdout
