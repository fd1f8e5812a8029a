"""The playhead: live, paused, playing, slow motion. Time is an argument, so a minute costs nothing."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.session.index import Kind
from sockviz.session.pace import LONGEST, SECOND, SHORTEST, Pace, screen_time
from sockviz.session.playback import SPEEDS, Mode, Playback

US = 1_000
MS = 1_000_000
FRAME = SECOND // 30


@dataclass
class Times:
    """A log of visible events at given times; `flights`: (sent, arrived)."""

    times: list[int]
    flights: tuple[tuple[int, int], ...] = ()

    kinds: dict[Kind, list[int]] = field(default_factory=dict)

    def _of(self, kind: Kind) -> list[int]:
        return self.times if kind is Kind.MOMENT else self.kinds[kind]

    def next_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        times = self._of(kind)
        place = bisect_right(times, t)
        return times[place] if place < len(times) else None

    def previous_event(self, t: int, kind: Kind = Kind.MOMENT) -> int | None:
        times = self._of(kind)
        place = bisect_left(times, t)
        return times[place - 1] if place else None

    def flight_at(self, t: int) -> int | None:
        return min((end - begin for begin, end in self.flights if begin <= t < end), default=None)


def watch(playback: Playback, *, edge: int, frames: int = 100_000) -> list[tuple[int, int]]:
    """Play to the edge; (screen time, playhead) of each frame."""
    seen = []
    for frame in range(frames):
        playback.tick(FRAME, edge)
        seen.append((frame * FRAME, playback.t))
        if playback.mode is Mode.LIVE:
            return seen
    raise AssertionError("it never came to the live edge")


class TestLive:
    def test_the_playhead_is_the_live_edge(self) -> None:
        playback = Playback(Times([10, 20]))
        for edge in (5, 15, 40):
            playback.tick(FRAME, edge)
            assert (playback.t, playback.behind, playback.mode) == (edge, 0, Mode.LIVE)

    def test_the_edge_never_goes_back(self) -> None:
        playback = Playback(Times([]))
        playback.tick(FRAME, 100)
        playback.tick(FRAME, 90)
        assert playback.t == 100

    def test_pausing_freezes_the_view_while_the_run_goes_on(self) -> None:
        playback = Playback(Times([10]))
        playback.tick(FRAME, 10)
        playback.pause()
        playback.tick(FRAME, 5 * SECOND)
        assert (playback.t, playback.behind) == (10, 5 * SECOND - 10)

    def test_live_jumps_to_the_edge(self) -> None:
        playback = Playback(Times([10]))
        playback.tick(FRAME, 10)
        playback.pause()
        playback.tick(FRAME, 5 * SECOND)
        playback.live()
        assert (playback.t, playback.mode) == (5 * SECOND, Mode.LIVE)


class TestSteps:
    def test_steps_stop_at_each_visible_event(self) -> None:
        playback = Playback(Times([10, 20, 30]))
        playback.tick(FRAME, 1000)
        back = []
        for _ in range(5):
            playback.step(-1)
            back.append(playback.t)
        assert back == [30, 20, 10, 10, 10]
        forth = []
        for _ in range(4):
            playback.step(1)
            forth.append(playback.t)
        assert forth == [20, 30, 30, 30]
        assert playback.mode is Mode.PAUSED

    def test_seek_stays_within_the_run(self) -> None:
        playback = Playback(Times([10]))
        playback.tick(FRAME, 100)
        for wanted, got in ((50, 50), (-1, 0), (1000, 100)):
            playback.seek(wanted)
            assert playback.t == got


class TestPlaying:
    def test_it_goes_on_in_real_time_and_comes_to_the_edge(self) -> None:
        log = Times([0, SECOND // 2, SECOND])
        playback = Playback(log)
        playback.tick(FRAME, 2 * SECOND)
        playback.seek(0)
        playback.play()
        playback.tick(SECOND // 4, 2 * SECOND)
        assert playback.t == SECOND // 4
        playback.tick(SECOND // 2, 2 * SECOND)
        assert playback.t == 3 * SECOND // 4
        playback.tick(SECOND // 2, 2 * SECOND)
        assert (playback.t, playback.mode) == (2 * SECOND, Mode.LIVE)

    def test_speed(self) -> None:
        playback = Playback(Times([0, SECOND]), Pace.REAL, speed=0.25)
        playback.tick(FRAME, SECOND)
        playback.seek(0)
        playback.play()
        playback.tick(SECOND, SECOND)
        assert playback.t == SECOND // 4

    def test_idle_time_can_be_cut_but_no_flight(self) -> None:
        minute = 60 * SECOND
        assert screen_time(minute, None, Pace.SHORT) == LONGEST
        assert screen_time(minute, minute, Pace.SHORT) == minute
        assert screen_time(minute, None, Pace.REAL) == minute

    @pytest.mark.parametrize("pace", [Pace.REAL, Pace.SHORT])
    def test_a_hundred_microseconds_can_be_made_a_second(self, pace: Pace) -> None:
        assert screen_time(100 * US, None, pace, speed=1 / 10_000) == SECOND
        assert screen_time(100 * SECOND, SECOND, pace, speed=100) == SECOND

    def test_idle_time_is_as_short_however_slow_the_rest(self) -> None:
        for speed in SPEEDS:
            assert screen_time(3600 * SECOND, None, Pace.SHORT, speed) == LONGEST

    def test_the_speed_can_be_changed_on_the_way(self) -> None:
        playback = Playback(Times([0, SECOND]), Pace.REAL, speed=0.5)
        playback.tick(FRAME, SECOND)
        playback.seek(0)
        playback.play()
        playback.tick(SECOND, SECOND)
        playback.faster(1)
        playback.tick(SECOND // 4, SECOND)
        assert playback.t == pytest.approx(3 * SECOND // 4, abs=10)

    def test_a_hundred_times_as_fast_through_very_many_events(self) -> None:
        log = Times(list(range(0, SECOND, 100 * US)))
        playback = Playback(log, speed=100.0)
        playback.tick(0, SECOND)
        playback.seek(0)
        playback.play()
        seen = watch(playback, edge=SECOND)
        assert seen[-1][1] == SECOND
        assert len(seen) < 10

    def test_it_resumes_where_it_was_paused_within_a_gap(self) -> None:
        playback = Playback(Times([0, SECOND]))
        playback.tick(FRAME, SECOND)
        playback.seek(SECOND // 2)
        playback.play()
        playback.tick(SECOND // 4, SECOND)
        assert playback.t == pytest.approx(3 * SECOND // 4, abs=10)

    def test_the_speed_has_an_end_on_either_side(self) -> None:
        playback = Playback(Times([]))
        for direction, last in ((1, SPEEDS[-1]), (-1, SPEEDS[0])):
            for _ in SPEEDS:
                playback.faster(direction)
            assert playback.speed == last
        assert (SPEEDS[0], SPEEDS[-1]) == (1 / 10_000, 100)


HANDSHAKE = Times(
    [0, 10 * US, 12 * US, 25 * US, 27 * US, 40 * US],
    ((0, 10 * US), (12 * US, 25 * US), (27 * US, 40 * US)),
)


class TestSlowMotion:
    def play(self, log: Times, speed: float = 1.0) -> list[tuple[int, int]]:
        playback = Playback(log, Pace.SLOW, speed=speed)
        return watch(playback, edge=10 * SECOND)

    def test_a_handshake_of_40_us_takes_seconds(self) -> None:
        seen = self.play(HANDSHAKE)
        assert 3 * SECOND <= seen[-1][0] <= 6 * SECOND

    def test_a_flight_takes_about_a_second(self) -> None:
        seen = self.play(HANDSHAKE)
        flying = [when for when, t in seen if 0 < t < 10 * US]
        assert flying[-1] - flying[0] == pytest.approx(SECOND, rel=0.1)

    def test_the_playhead_never_goes_back_and_meets_every_moment(self) -> None:
        heads = [t for _, t in self.play(HANDSHAKE)]
        assert heads == sorted(heads)
        for begin, end in HANDSHAKE.flights:
            assert sum(begin < t < end for t in heads) > 10

    def test_speed_scales_it(self) -> None:
        normal, fast = self.play(HANDSHAKE)[-1][0], self.play(HANDSHAKE, speed=4.0)[-1][0]
        assert fast == pytest.approx(normal / 4, rel=0.1)

    def test_an_idle_hour_is_short(self) -> None:
        seen = self.play(Times([0, 3600 * SECOND]))
        assert seen[-1][0] <= LONGEST + 2 * FRAME

    def test_it_says_how_far_behind_it_is(self) -> None:
        playback = Playback(HANDSHAKE, Pace.SLOW)
        playback.tick(FRAME, SECOND)
        playback.tick(FRAME, SECOND)
        assert playback.in_slow_motion
        assert playback.behind == SECOND - playback.t

    def test_what_happens_after_an_idle_time_is_shown_at_once(self) -> None:
        log = Times([0, 5])
        playback = Playback(log, Pace.SLOW)
        watch(playback, edge=100)
        playback.tick(FRAME, 30 * SECOND)
        assert (playback.mode, playback.t) == (Mode.LIVE, 30 * SECOND)
        log.times.extend([29 * SECOND, 29 * SECOND + 10])
        playback.tick(FRAME, 30 * SECOND)
        assert (playback.mode, playback.t) == (Mode.PLAYING, 29 * SECOND)
        watch(playback, edge=31 * SECOND)
        assert playback.t == 31 * SECOND

    def test_live_skips_what_was_not_shown(self) -> None:
        playback = Playback(HANDSHAKE, Pace.SLOW)
        playback.tick(FRAME, SECOND)
        playback.live()
        playback.tick(FRAME, 2 * SECOND)
        assert (playback.mode, playback.t) == (Mode.LIVE, 2 * SECOND)

    def test_pause_and_play_go_on_from_the_same_moment(self) -> None:
        playback = Playback(HANDSHAKE, Pace.SLOW)
        for _ in range(20):
            playback.tick(FRAME, SECOND)
        before = playback.t
        playback.pause()
        for _ in range(20):
            playback.tick(FRAME, SECOND)
        assert playback.t == before
        playback.play()
        playback.tick(0, SECOND)
        assert playback.t == pytest.approx(before, abs=2)

    def test_what_was_skipped_is_not_played(self) -> None:
        playback = Playback(Times([1, 2, 3]), Pace.SLOW)
        playback.skip(3)
        playback.tick(FRAME, 100)
        assert (playback.mode, playback.t) == (Mode.LIVE, 100)


class TestRecorded:
    """Of a recording nothing is live."""

    @pytest.fixture
    def playback(self) -> Playback:
        playback = Playback(Times([10, 20, 30]), recorded=True, mode=Mode.PAUSED)
        playback.tick(FRAME, 40)
        return playback

    def test_it_begins_at_the_beginning_and_stands(self, playback: Playback) -> None:
        playback.tick(SECOND, 40)
        assert (playback.t, playback.mode) == (0, Mode.PAUSED)

    def test_at_its_end_it_stops_and_can_be_played_again(self, playback: Playback) -> None:
        for _ in range(2):
            playback.play()
            assert playback.mode is Mode.PLAYING
            playback.tick(SECOND, 40)
            assert (playback.t, playback.mode) == (40, Mode.PAUSED)

    def test_the_end_is_no_live_edge(self, playback: Playback) -> None:
        playback.live()
        assert (playback.t, playback.mode) == (40, Mode.PAUSED)

    def test_what_is_not_read_yet_is_waited_for(self, playback: Playback) -> None:
        playback.more = True
        playback.play()
        playback.tick(SECOND, 40)
        assert (playback.t, playback.mode) == (30, Mode.PLAYING)
        playback.log.times.append(SECOND)  # type: ignore[attr-defined]
        playback.tick(SECOND // 2, SECOND)
        assert 30 < playback.t < SECOND
        playback.more = False
        playback.tick(2 * SECOND, SECOND)
        assert (playback.t, playback.mode) == (SECOND, Mode.PAUSED)


@given(
    times=st.lists(st.integers(0, 1000), min_size=1, max_size=12, unique=True).map(sorted),
    chosen=st.sets(st.integers(0, 11)),
    start=st.integers(0, 1000),
    kind=st.sampled_from([Kind.SEGMENT, Kind.STATE, Kind.MARK]),
)
def test_steps_of_a_kind_stop_where_such_things_happened_and_nowhere_else(
    times: list[int], chosen: set[int], start: int, kind: Kind
) -> None:
    wanted = [t for place, t in enumerate(times) if place in chosen]
    playback = Playback(Times(times, kinds={kind: wanted}))
    playback.tick(0, 1000)
    for direction in (1, -1):
        playback.seek(start)
        met = []
        for _ in range(len(wanted) + 1):
            before = playback.t
            playback.step(direction, kind)
            met += [playback.t] if playback.t != before else []
        assert met == [t for t in wanted[::direction] if (t - start) * direction > 0]


@given(
    times=st.lists(st.integers(0, 10**12), min_size=1, max_size=12, unique=True).map(sorted),
    pace=st.sampled_from([Pace.SHORT, Pace.SLOW]),
    speed=st.sampled_from([0.5, 1.0, 2.0, 5.0]),
)
def test_every_gap_takes_a_time_that_people_can_follow(times: list[int], pace: Pace, speed: float) -> None:
    playback = Playback(Times(times), pace, speed=speed)
    playback.tick(0, times[-1])
    playback.seek(times[0])
    playback.play()
    seen = watch(playback, edge=times[-1])
    heads = [t for _, t in seen]
    assert heads == sorted(heads)
    gaps = len(times) - 1
    assert seen[-1][0] <= gaps * LONGEST / min(speed, 1) + 2 * FRAME
    if pace is Pace.SLOW:
        assert seen[-1][0] >= gaps * SHORTEST / speed - 2 * FRAME


@given(gap=st.integers(0, 10**13), flight=st.none() | st.integers(1, 10**10))
def test_slow_motion_has_bounds(gap: int, flight: int | None) -> None:
    assert SHORTEST <= screen_time(gap, flight, Pace.SLOW) <= LONGEST
