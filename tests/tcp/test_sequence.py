"""Sequence numbers wrap around."""

from hypothesis import given
from hypothesis import strategies as st

from sockviz.tcp.sequence import MODULUS, add, difference

numbers = st.integers(0, MODULUS - 1)


@given(numbers, st.integers(-(2**31), 2**31 - 1))
def test_the_difference_undoes_the_sum(number, count):
    assert 0 <= add(number, count) < MODULUS
    assert difference(add(number, count), number) == count


@given(numbers, numbers)
def test_who_is_ahead_is_not_behind(left, right):
    forward, backward = difference(left, right), difference(right, left)
    assert forward == -backward or forward == backward == -(2**31)


def test_around_the_end():
    assert add(MODULUS - 1, 2) == 1
    assert difference(1, MODULUS - 1) == 2
