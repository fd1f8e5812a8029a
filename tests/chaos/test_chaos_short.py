"""A few rounds of `make chaos`, at moments that are soon: each kind once, others each day."""

from kinds import KINDS
from series import played


def test_nothing_is_left_whatever_is_done_to_it() -> None:
    done = played(len(KINDS), "--hurry", "0.3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f" {kind.name} " in done.stdout for kind in KINDS), done.stdout
