"""Thirty rounds of `make chaos`: each kind three times."""

from series import check


def test_nothing_is_left_whatever_is_done_to_it() -> None:
    check("1-30")
