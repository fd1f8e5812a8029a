"""Thirty rounds of `make chaos`: each kind three times, others each day."""

from series import played


def test_nothing_is_left_whatever_is_done_to_it() -> None:
    done = played(30)
    assert done.returncode == 0, done.stdout + done.stderr
