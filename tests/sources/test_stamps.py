"""Packets have the kernel's time from the first one on."""

import multiprocessing
import socket
import time

import pytest

from sockviz.lab import kernel
from sockviz.sources.stamps import wait_until_stamped

SO_TIMESTAMPNS = 35


def test_who_asked_for_times_has_them_after_the_wait() -> None:
    for _ in range(5):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            ours.bind(("127.0.0.1", 0))
            assert wait_until_stamped(30)
            ours.sendto(b"x", ours.getsockname())
            after = time.time_ns()
            _, ancillary, _, _ = ours.recvmsg(1, 64)
        seconds, nanoseconds = (int.from_bytes(ancillary[0][2][at : at + 8], "little") for at in (0, 8))
        assert seconds * 10**9 + nanoseconds < after


def _without_loopback(answers: "multiprocessing.Queue[bool | None]") -> None:
    try:
        kernel.unshare(kernel.CLONE_NEWNET)
    except PermissionError:
        answers.put(None)
    else:
        answers.put(wait_until_stamped())


def test_without_an_address_to_try_it_with_nobody_waits() -> None:
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[bool | None] = context.Queue()
    child = context.Process(target=_without_loopback, args=(answers,))
    child.start()
    answer = answers.get(timeout=60)
    child.join()
    if answer is None:
        pytest.skip("this process may not make a network namespace")
    assert answer is False
