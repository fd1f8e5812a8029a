"""The film of `export --to html`: what is shown when, and what of it each step changes."""

from itertools import pairwise

from html_pages import DATA, MS, recorded, seen_at_one_point
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import Playbook, lost, passes, raised, segment, waits, wire
from playbook_calls import accepts, connect, entered, establishes, listen, played

from sockviz.export.html.delta import deltas
from sockviz.export.html.film import LINGER, film, snapshots
from sockviz.export.html.snapshot import Snapshot, snapshot
from sockviz.export.story import tell
from sockviz.world.fold import advance
from sockviz.world.model import World

moves = st.sampled_from(
    [
        connect(1), establishes(2), establishes(3), segment(2, "server", "FIN|ACK"), waits(70 * MS),
        wire("hold", 5 * MS), passes(2, "client", "PSH|ACK", length=3), passes(3, "client", "FIN|ACK"),
        passes(3, "server", "RST|ACK"), accepts(2, 4), entered("recv", fd=4), raised("ListenOverflows"),
        waits(3000 * MS), lost(1, "client", "SYN", "cut"), wire("cut"),
    ]
)  # fmt: skip


@settings(max_examples=80)
@given(st.lists(moves, max_size=14))
def test_the_page_gets_what_it_needs_to_put_every_snapshot_together(several):
    book = played(several)
    story = tell(book.events)
    made = film(story)
    wanted = list(snapshots(book.events, story, made.times))
    assert len(wanted) == len(made.times)
    now = Snapshot({}, {})
    for changes, want in zip(deltas(wanted), wanted, strict=True):
        now = _apply(now, changes)
        assert now.rows == {group: rows for group, rows in want.rows.items() if rows or group in now.rows}
        assert now.values == {group: row for group, row in want.values.items() if row or group in now.values}
    world, _ = advance(World(), book.events)
    assert wanted[-1] == snapshot(world, made.times[-1], "client"), "the last one is the end of the run"


def _apply(before, changes):
    values, rows = dict(before.values), dict(before.rows)
    for group, first, *news in changes:
        if isinstance(first, list):
            values[group] = first
            continue
        rows[group] = (rows.get(group, []) + [None] * first)[:first]
        for at, row in zip(news[::2], news[1::2], strict=True):
            rows[group][at] = row
    return Snapshot(values, rows)


@settings(max_examples=80)
@given(st.lists(moves, max_size=14))
def test_the_film_runs_forward_and_no_two_segments_share_a_lane(several):
    made = film(tell(played(several).events))
    assert all(before < after for before, after in pairwise(made.times))
    assert all(before < after for before, after in pairwise(made.at))
    lanes: dict[int, float] = {}
    for one in sorted(made.segments, key=lambda one: one.way[0]):
        times = [ms for ms, _ in one.way]
        assert times == sorted(times)
        assert one.way[0][1] == 0
        assert [x for _, x in one.way] == sorted(x for _, x in one.way)
        assert lanes.get(one.lane, 0) <= times[0]
        assert 0 < made.height(one.lane) < 1
        lanes[one.lane] = one.gone
    assert len({made.height(lane) for lane in range(made.lanes)}) == made.lanes


def test_a_handshake_of_microseconds_takes_seconds_and_an_idle_hour_does_not():
    made = film(tell(recorded(DATA / "life-loopback.jsonl")))
    flights = [one.way[-1][0] - one.way[0][0] for one in made.segments]
    assert min(flights) > 300
    book = Playbook() >> listen() >> waits(3_600_000 * MS) >> connect(1)
    assert film(tell(book.events)).at[-1] < 10_000


def test_what_is_lost_stays_for_a_while():
    book = Playbook() >> connect(1) >> lost(1, "client", "SYN")
    (one,) = film(tell(book.events)).segments
    assert one.gone == one.way[-1][0] + LINGER
    assert one.fate(reason=True) == "taken off the wire"


def test_a_segment_of_a_capture_passes_the_middle_when_it_was_seen():
    book = seen_at_one_point()
    made = film(tell(book.events))
    assert len(made.segments) > 5
    for one in made.segments[1:-1]:
        (begin, _), (at, x), (end, _) = one.way
        assert (made.times[made.at.index(at)], x) == (one.flight.arrow.sent, 0.5)
        assert begin < at < end
