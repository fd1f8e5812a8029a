"""A few rounds of `make chaos`, at moments that are soon: each kind once."""

from kinds import KINDS
from series import check


def test_nothing_is_left_whatever_is_done_to_it() -> None:
    half = len(KINDS) // 2
    said = check(f"1-{half}", f"{half + 1}-{len(KINDS)}", hurry=0.2)
    assert all(f" {kind.name} " in said for kind in KINDS), said
