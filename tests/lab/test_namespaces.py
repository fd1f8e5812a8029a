"""Where a machine allows less: what still works, and what is said where nothing does."""

import errno
import os
import shutil

import pytest
from driver import BOUND, AsNobody, Engine, descendants
from test_left_behind import Census

from sockviz import events, intents
from sockviz.lab import namespaces

pytestmark = pytest.mark.lab

MASKED_PROC = [
    *("unshare", "--mount", "sh", "-c"),
    'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"',
    "sh",
]
"""As container runtimes do: then no new proc can be mounted in a user namespace, and no setting changed."""

NO_MORE_USER_NAMESPACES = "echo 0 > /proc/sys/user/max_user_namespaces && exec"


@pytest.fixture
def root(lab) -> None:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("needs root and unshare(1) to imitate such a machine")


def handshake(engine: Engine) -> None:
    engine.send(intents.Connect())
    engine.until(lambda: engine.states("client") == engine.states("server") == ["ESTABLISHED"])


@pytest.mark.parametrize("victim", ["launcher", "engine", "host server"])
@pytest.mark.parametrize("prefix", [MASKED_PROC, MASKED_PROC + AsNobody], ids=["root", "nobody"])
def test_without_a_proc_of_its_own_it_works_and_leaves_nothing(root, prefix, victim):
    with Engine(prefix=prefix, accept="auto") as engine:
        handshake(engine)
        assert engine.program("server").pid in descendants(engine.process.pid), "no PID namespace"
        (hidden,) = engine.events[0].hidden
        assert "/proc/sys can't be written" in hidden
        census = Census(engine)
        os.kill(census.one(victim), 9)
        engine.process.wait(BOUND)
        census.nothing_left()


def test_root_needs_no_user_namespace(root):
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c", f'{NO_MORE_USER_NAMESPACES} "$@"', "sh"]
    with Engine(prefix=limited, accept="auto") as engine:
        handshake(engine)
        engine.send(intents.Quit())
        engine.event(events.Ended)


def test_a_machine_without_user_namespaces_is_told_what_would_allow_them(root):
    limited = ["unshare", "--user", "--keep-caps", "sh", "-c", f'{NO_MORE_USER_NAMESPACES} "$@"', "sh"]
    with Engine(prefix=[*AsNobody, *limited]) as engine:
        failure = engine.failure()
    assert failure.kind == "no-lab"
    assert failure.message == "this machine allows no user namespaces"
    assert "sudo sysctl -w user.max_user_namespaces=" in failure.hint


@pytest.mark.parametrize(
    ("number", "files", "message", "command"),
    [
        (
            errno.EPERM,
            {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"},
            "AppArmor forbids",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            errno.EPERM,
            {"/proc/sys/kernel/unprivileged_userns_clone": "0"},
            "root only",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            errno.ENOSPC,
            {"/proc/sys/user/max_net_namespaces": "0"},
            "no network namespaces",
            "sudo sysctl -w user.max_net_namespaces=1000",
        ),
        (errno.ENOSPC, {}, "limit", "sysctl user"),
        (
            errno.EPERM,
            {"/proc/self/status": "Seccomp:\t2\n"},
            "container",
            "--security-opt seccomp=unconfined",
        ),
        (errno.EINVAL, {}, "without namespaces", "--source loopback"),
        (errno.EACCES, {}, "Permission denied", "--source loopback"),
    ],
)
def test_each_refusal_says_why_and_what_would_help(monkeypatch, number, files, message, command):
    monkeypatch.setattr(namespaces, "_read", files.get)
    error = namespaces._refused(OSError(number, os.strerror(number)))
    assert (message in error.message, command in error.hint, error.kind) == (True, True, "no-lab")
