"""`make soak` finds what differs between `ss` and the world, and nothing else."""

from pathlib import Path

import pytest
from look import Row, disagreements, states

from sockviz.recording.reader import read
from sockviz.world.fold import advance
from sockviz.world.model import World

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def world() -> World:
    """In the middle of a life, when both hosts' tables have been read."""
    events = list(read(DATA / "full-queue-lab.jsonl"))
    worlds = [advance(World(), events[:count])[0] for count in range(20, len(events))]
    return next(one for one in worlds if agreeing(one) and len(one.tables["server"]) > 2)


def kernel(world: World, host: str) -> dict[tuple[str, str], Row]:
    """What `ss` would have said, had it looked when the table was read."""
    return {key: Row(row.state, row.recv_queue, row.send_queue) for key, row in world.tables[host].items()}


def agreeing(world: World) -> bool:
    hosts = ("client", "server")
    return all(host in world.tables and not disagreements(host, kernel(world, host), world) for host in hosts)


def test_what_is_the_same_is_no_disagreement(world: World) -> None:
    assert agreeing(world)
    assert len(states("server", world)) > 2


@pytest.mark.parametrize(
    ("changed", "whats"),
    [
        (lambda row: row._replace(state="CLOSE_WAIT"), {"state", "row"}),
        (lambda row: row._replace(recv_queue=row.recv_queue + 1), {"row"}),
        (lambda _: None, {"state", "row"}),
    ],
    ids=["a state", "a queue", "no row"],
)
def test_what_differs_is_found(world: World, changed, whats: set[str]) -> None:
    rows = kernel(world, "server")
    for key, row in list(rows.items()):
        if row.state == "CLOSE_WAIT":
            continue
        other = {**rows, key: changed(row)}
        found = disagreements("server", {k: v for k, v in other.items() if v is not None}, world)
        assert {one.what for one in found} == whats
        assert {(one.local, one.remote) for one in found} == {key}


def test_a_row_that_only_the_kernel_has_is_found(world: World) -> None:
    rows = kernel(world, "client") | {("10.0.0.2:9", "10.0.0.1:9"): Row("ESTABLISHED", 0, 0)}
    (one, two) = sorted(disagreements("client", rows, world), key=lambda one: one.what)
    assert (one.what, one.ours, two.what, two.ours) == ("row", "", "state", "")
