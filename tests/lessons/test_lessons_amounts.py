"""Numbers of lessons: the grammar, against arithmetic; what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.lessons.amounts import LONGEST, NAMES, Amount, UnknownNumberError

VALUES = {name: number for number, name in enumerate(NAMES, 3)}


def trees() -> st.SearchStrategy[str]:
    atoms = st.one_of(st.integers(0, 99).map(str), st.sampled_from(sorted(NAMES)))
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", " - ", "*", " +"]), inner).map("".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"-{text}"),
        ),
        max_leaves=4,
    )


@given(trees().filter(lambda text: len(text) <= LONGEST))
def test_an_expression_is_worth_what_arithmetic_says(text: str) -> None:
    assert Amount(text).value(VALUES.get) == eval(text, {}, VALUES)  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("amount", "number", "allowed"),
    [
        (2, 2, True),
        (2, 3, False),
        ("= 2", 2, True),
        ("!= 2", 2, False),
        ("> 2", 3, True),
        (">= accept_limit + 1", VALUES["accept_limit"] + 1, True),
        (">= accept_limit + 1", VALUES["accept_limit"], False),
        ("<2", 2, False),
        ("<= 2", 2, True),
        (-1, -1, True),
    ],
)
def test_what_is_compared(amount: object, number: int, *, allowed: bool) -> None:
    assert Amount(amount).allows(number, VALUES.get) is allowed


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (True, "a whole number or an expression was expected"),
        (1.5, "a whole number or an expression was expected"),
        ([], "a whole number or an expression was expected"),
        ("", "expected at its end"),
        ("1 +", "expected at its end"),
        ("(1", "a closing parenthesis is missing"),
        ("1 2", "'2' is one too many"),
        ("1)", "')' is one too many"),
        ("depth", "'depth' is no number: known are backlog"),
        ("__import__('os')", "is no part of a number"),
        ("2 ** 9", "is no number|expected|one too many"),
        ("1e9", "is no part of a number"),
        ("9" * 12, "is no part of a number"),
        ("1" + "+1" * LONGEST, f"at most {LONGEST} characters"),
    ],
)
def test_what_is_no_number(given: object, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(").replace(")", r"\)")):
        Amount(given)


def test_a_name_that_is_not_known_yet() -> None:
    amount = Amount("syn_capacity + 1")
    with pytest.raises(UnknownNumberError):
        amount.value(lambda _: None)
    assert amount.told(lambda _: None).en == "syn_capacity + 1 (syn_capacity is not known)"
    assert amount.told(lambda _: 3).en == "syn_capacity + 1 (4)"
    assert Amount(">= 2").told(lambda _: None).en == ">= 2"
