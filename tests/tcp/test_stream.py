"""A stream with gaps, beside a plain set of the numbers that were seen."""

from hypothesis import given
from hypothesis import strategies as st

from sockviz.tcp.sequence import MODULUS, add, difference
from sockviz.tcp.stream import REORDERING, Placed, Verdict, place

MS = 1_000_000


def follow(*segments: tuple[int, int, int], start: int = 100) -> Placed:
    """(seq, size, t) each; what came of the last one."""
    placed = Placed(start, (), 0, Verdict.NEW)
    for seq, size, t in segments:
        placed = place(placed.expected, placed.gaps, seq, size, t)
    return placed


def test_one_after_the_other():
    assert follow((100, 10, 0), (110, 5, 1)) == Placed(115, (), 5, Verdict.NEW)


def test_the_same_again():
    assert follow((100, 10, 0), (100, 10, 1)) == Placed(110, (), 0, Verdict.AGAIN)


def test_a_part_of_it_again():
    assert follow((100, 10, 0), (104, 2, 1)).verdict is Verdict.AGAIN
    assert follow((100, 10, 0), (105, 10, 1)) == Placed(115, (), 5, Verdict.NEW)


def test_a_gap_is_filled_at_once_by_what_was_overtaken():
    assert follow((100, 10, 0), (120, 10, 1)) == Placed(130, ((110, 10, 1),), 10, Verdict.NEW)
    assert follow((100, 10, 0), (120, 10, 1), (110, 10, 2)) == Placed(130, (), 10, Verdict.LATE)


def test_a_gap_is_filled_later_by_what_was_sent_again():
    later = 1 + REORDERING
    assert follow((100, 10, 0), (120, 10, 1), (110, 10, later)) == Placed(130, (), 10, Verdict.AGAIN)


def test_a_gap_is_filled_piece_by_piece():
    placed = follow((130, 10, 0), (110, 5, 1))
    assert placed == Placed(140, ((100, 10, 0), (115, 15, 0)), 5, Verdict.LATE)
    assert place(placed.expected, placed.gaps, 105, 20, 2) == Placed(
        140, ((100, 5, 0), (125, 5, 0)), 15, Verdict.LATE
    )


def test_an_acknowledgement_of_what_was_never_seen_is_a_gap():
    assert follow((100, 10, 0), (150, 0, 1)) == Placed(150, ((110, 40, 1),), 0, Verdict.NEW)


@given(
    st.integers(0, MODULUS - 1),
    st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 30)), max_size=30),
)
def test_what_is_fresh_was_not_seen_before(start, segments):
    """The gaps and what is expected always say the same as a set of numbers does."""
    seen = set(range(-100, 0))
    end = 0
    placed = Placed(start, (), 0, Verdict.NEW)
    for offset, size in segments:
        numbers = set(range(offset, offset + size))
        placed = place(placed.expected, placed.gaps, add(start, offset), size, 0)
        assert placed.fresh == len(numbers - seen)
        end = max(end, offset + size)
        assert difference(placed.expected, start) == end
        assert (placed.verdict is Verdict.AGAIN) <= (not numbers - seen)
        seen |= numbers
        missing = {difference(first, start) + n for first, count, _ in placed.gaps for n in range(count)}
        assert missing == set(range(end)) - seen


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3)), max_size=300))
def test_gaps_are_bounded(segments):
    assert len(follow(*((add(100, seq), size, 0) for seq, size in segments)).gaps) <= 64
