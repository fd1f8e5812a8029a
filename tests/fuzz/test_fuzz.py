"""A short run of `make fuzz`: spoilt examples of everything that strangers write are read or refused."""

import resource

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import spoilt
from targets import TARGETS, Target, check, clean_up

EXAMPLES = {"recording": 25, "capture": 60}


@pytest.fixture(autouse=True, scope="module")
def tidy():
    yield
    clean_up()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_spoilt_examples_are_read_or_refused(target: Target) -> None:
    @settings(
        max_examples=EXAMPLES.get(target.name, 120),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(data=spoilt(target))
    def reads(data: bytes) -> None:
        check(target, data)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reads()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 512 << 10, "KiB"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_good_examples_are_read(target: Target) -> None:
    """Else nothing would be tested but how bad ones are refused."""
    assert all(check(target, data) == "" for data in target.seeds()[:3])


@given(st.data())
def test_a_traceback_would_be_found(data: st.DataObject) -> None:
    def read(given: bytes) -> None:
        if given:
            raise ValueError("a fault")

    target = Target("broken", read, lambda: [b"x" * 100])
    with pytest.raises(ValueError, match="a fault"):
        check(target, data.draw(st.binary(min_size=1)))
