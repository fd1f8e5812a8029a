"""Bytes that are put aside: in memory while they are few, then on the disk, and in memory if that is full."""

import contextlib
import gc
import random
from pathlib import Path

import pytest

from sockviz.session.spill import Spill


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def opened() -> set[str]:
    """What this process has open."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(descriptor.readlink()))
    return found


@pytest.mark.parametrize("room", [0, 1, 5_000, 1 << 20])
def test_what_was_put_is_got(room: int) -> None:
    spill = Spill(room)
    things = [noise(size) for size in (0, 1, 100, 3000, 10, 2000, 500)]
    numbers = [spill.put(thing) for thing in things]
    for number, thing in sorted(zip(numbers, things, strict=True), reverse=True):
        assert spill.get(number) == thing


def test_no_more_than_the_room_stays_in_memory() -> None:
    spill = Spill(10_000)
    for size in range(1000, 1100):
        spill.put(noise(size))
    assert sum(map(len, spill._kept.values())) <= 10_000


def test_the_file_has_no_name_and_goes_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spill = Spill(0)
    spill.put(noise(100))
    assert list(tmp_path.iterdir()) == []
    assert any(name.startswith(str(tmp_path)) for name in opened())
    del spill
    gc.collect()
    assert not any(name.startswith(str(tmp_path)) for name in opened())


def test_where_there_is_no_room_for_a_file_memory_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", no_room)
    spill = Spill(0)
    things = [noise(size) for size in (10, 20, 30)]
    numbers = [spill.put(thing) for thing in things]
    assert [spill.get(number) for number in numbers] == things


def test_a_disk_that_gets_full_loses_nothing() -> None:
    spill = Spill(0)
    first = spill.put(noise(50))
    assert spill._file is not None
    with Path("/dev/full").open("wb", buffering=0) as full:
        file, spill._file = spill._file, full
        second = spill.put(noise(60))
        spill._file = file
    third = spill.put(noise(70))
    assert [spill.get(number) for number in (first, second, third)] == [noise(50), noise(60), noise(70)]
