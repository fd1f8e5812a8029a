"""The lab's way into namespaces of its own, without root: user, network, mount and PID.

The process that calls `enter` stays outside as the *launcher*: it passes signals on and relays the exit
status. Its child goes on inside, as PID 1 of a new PID namespace, so that its death ends everything in there;
and the kernel kills it when the launcher dies. Where the PID namespace can't have a `/proc` of its own (in
most containers) there is none: then each process of the lab dies with its parent (PR_SET_PDEATHSIG) and at
the end of file of its pipes.

Nothing outside is changed. Owns no socket and no thread: unshare(CLONE_NEWUSER) wants a process with one
thread.
"""

import contextlib
import errno
import os
import select
import signal
from pathlib import Path

from sockviz import privileges, process
from sockviz.errors import UserError
from sockviz.lab import kernel

ASKING_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The signals that the launcher passes on (as SIGTERM)."""


def enter(*, as_oneself: bool = False) -> int | None:
    """Fork into new namespaces.

    With `as_oneself` real root stays who it is, without a user namespace, if it may: what it runs can then
    become other users, as servers do that are started by root.

    Returns:
        None in the child, which is inside: root of its own user namespace, in a network namespace without
        any interface but `lo`, with a `/proc` of its own PID namespace where that is possible.
        ASKING_TO_END is blocked there, to be unblocked once there are handlers. In the launcher, once the
        child has ended: the child's exit status.

    Raises:
        UserError: (kind `no-lab`; in the launcher or in the child) this machine doesn't let us; why, and
            the command that would change it.
    """
    stay = as_oneself and _may_without_user_namespace()
    private_pids = _proc_can_be_mounted(stay=stay)
    if not stay:
        unshare_user()
    try:
        kernel.unshare(
            kernel.CLONE_NEWNET | kernel.CLONE_NEWNS | (kernel.CLONE_NEWPID if private_pids else 0)
        )
    except OSError as error:
        raise _refused(error) from None
    alive, keep_open = os.pipe()
    # PID 1 ignores what it has no handler for, unless it is blocked: then it waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKING_TO_END)
    launcher = os.getpid()
    child = os.fork()
    if child:
        os.close(alive)
        return _launcher(child)
    os.close(keep_open)
    _tie_to_launcher(launcher, alive)
    try:
        _private_mounts(proc=private_pids)
    except OSError as error:
        raise _refused(error) from None
    return None


def _launcher(child: int) -> int:
    """Wait for the child, passing on the signals that ask for an end.

    Returns its exit status, or 128 and the number of the signal that killed it.
    """
    privileges.drop()
    nowhere = os.open(os.devnull, os.O_RDWR)
    # The pipes are the child's alone: whoever reads our standard output sees its end when the child ends.
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)

    def forward(_number: int, _frame: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)

    for number in ASKING_TO_END:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING_TO_END)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _tie_to_launcher(launcher: int, alive: int) -> None:
    """Die with the launcher, even if it died before this: `alive` is a pipe that only it can write to."""
    process.die_with_parent(launcher)
    poll = select.poll()
    poll.register(alive, 0)
    if poll.poll(0):
        os._exit(1)


def unshare_user() -> None:
    """Become root of a new user namespace; as real root, go on without where user namespaces are forbidden.

    Raises:
        UserError: forbidden, and we are not root.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
    except OSError as error:
        if uid == 0:
            return
        raise _refused(error) from None
    try:
        # user_namespaces(7): without privilege the group map may only be written once setgroups is denied.
        kernel.write_at_once("/proc/self/setgroups", "deny")
        kernel.write_at_once("/proc/self/uid_map", f"0 {uid} 1")
        kernel.write_at_once("/proc/self/gid_map", f"0 {gid} 1")
    except OSError as error:
        raise _refused(error) from None


def _private_mounts(*, proc: bool) -> None:
    """No mount of ours is seen outside; with `proc`, a `/proc` of our own PID namespace."""
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    if proc:
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def _may_without_user_namespace() -> bool:
    """Whether real root may have namespaces just like that."""

    def trial() -> None:
        kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWNS)
        _private_mounts(proc=False)

    return os.geteuid() == 0 and process.succeeds(trial)


def _proc_can_be_mounted(*, stay: bool = False) -> bool:
    """Whether a new PID namespace can have its own `/proc`.

    The kernel refuses where the visible one is partly masked, as container runtimes do (mount_too_revealing).
    Once unshare(CLONE_NEWPID) is done there is no way back, hence the trial; only its child is in there.
    """

    def trial() -> None:
        if not stay:
            unshare_user()
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWPID)
        if not process.succeeds(lambda: _private_mounts(proc=True)):
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    return process.succeeds(trial)


_SWITCHES = (
    (
        "user/max_user_namespaces",
        "0",
        "this machine allows no user namespaces",
        "user.max_user_namespaces=15000",
    ),
    (
        "user/max_net_namespaces",
        "0",
        "this machine allows no network namespaces",
        "user.max_net_namespaces=1000",
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "this machine allows user namespaces to root only",
        "kernel.unprivileged_userns_clone=1",
    ),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids unprivileged user namespaces on this machine",
        "kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
"""File under `/proc/sys`, the value that forbids the lab, what that means, and the setting that allows it."""


def _refused(error: OSError) -> UserError:
    """Say why the kernel refused `error`, and the command that would allow it."""
    for name, forbidding, reason, setting in _SWITCHES:
        if _read(f"/proc/sys/{name}") == forbidding:
            return UserError(
                reason, f"allow it with `sudo sysctl -w {setting}`, or use --source loopback", "no-lab"
            )
    if not Path("/proc/self/ns/user").exists() or error.errno == errno.EINVAL:
        return UserError("this kernel was built without namespaces", "use --source loopback", "no-lab")
    if error.errno in (errno.ENOSPC, errno.EUSERS):
        return UserError(
            "no more namespaces are allowed (limit reached)",
            "see `sysctl user`, end what holds them, or use --source loopback",
            "no-lab",
        )
    if _in_container():
        return UserError(
            "this container may not create namespaces",
            "start it with `--security-opt seccomp=unconfined` or `--privileged`, or use --source loopback",
            "no-lab",
        )
    return UserError(
        f"the lab's namespaces could not be made: {error.strerror}", "use --source loopback", "no-lab"
    )


def _in_container() -> bool:
    """Whether a container's marks are seen: its files, or a seccomp filter on this process."""
    filtered = "Seccomp:\t2" in (_read("/proc/self/status") or "")
    return filtered or any(_read(mark) is not None for mark in ("/.dockerenv", "/run/.containerenv"))


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None
