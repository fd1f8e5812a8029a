"""Good examples, spoilt: what hypothesis draws for a target."""

from functools import cache

from hypothesis import strategies as st
from targets import HOSTILE, Target, spoil


@cache
def _seeds(target: Target) -> tuple[bytes, ...]:
    return tuple(target.seeds())


def spoilt(target: Target) -> st.SearchStrategy[bytes]:
    """A seed with some changes; sometimes two seeds joined, sometimes noise only."""
    seeds = st.sampled_from(_seeds(target))
    pieces = st.one_of(st.binary(max_size=8), st.sampled_from([*target.words, *HOSTILE, b"\n"]))
    edits = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 1_000), pieces), min_size=1, max_size=8)
    changed = st.builds(spoil, seeds, edits)
    joined = st.builds(
        lambda one, other, at: one[: len(one) * at // 9] + other, changed, seeds, st.integers(0, 9)
    )
    words = st.lists(pieces, max_size=30).map(b"".join)
    return st.one_of(changed, changed, joined, words, st.binary(max_size=400))
