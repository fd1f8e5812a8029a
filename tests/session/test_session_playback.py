"""The playhead: live, paused, playing, slow motion. Time is an argument, so a minute costs nothing."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockviz.session.playback import LONGEST, SECOND, SHORTEST, SPEEDS, Mode, Playback, screen_time

US = 1_000
MS = 1_000_000
FRAME = SECOND // 30


@dataclass
class Times:
    """A log of visible events at given times; `flights`: (sent, arrived)."""

    times: list[int]
    flights: tuple[tuple[int, int], ...] = ()

    def next_event(self, t: int) -> int | None:
        place = bisect_right(self.times, t)
        return self.times[place] if place < len(self.times) else None

    def previous_event(self, t: int) -> int | None:
        place = bisect_left(self.times, t)
        return self.times[place - 1] if place else None

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
        playback = Playback(Times([0, SECOND]), speed=0.25)
        playback.tick(FRAME, SECOND)
        playback.seek(0)
        playback.play()
        playback.tick(SECOND, SECOND)
        assert playback.t == SECOND // 4

    def test_idle_time_is_cut_but_no_flight(self) -> None:
        minute = 60 * SECOND
        assert screen_time(minute, None, slow=False) == LONGEST
        assert screen_time(minute, minute, slow=False) == minute

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
            for _ in range(20):
                playback.faster(direction)
            assert playback.speed == last


HANDSHAKE = Times(
    [0, 10 * US, 12 * US, 25 * US, 27 * US, 40 * US],
    ((0, 10 * US), (12 * US, 25 * US), (27 * US, 40 * US)),
)


class TestSlowMotion:
    def play(self, log: Times, speed: float = 1.0) -> list[tuple[int, int]]:
        playback = Playback(log, slow=True, speed=speed)
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
        playback = Playback(HANDSHAKE, slow=True)
        playback.tick(FRAME, SECOND)
        playback.tick(FRAME, SECOND)
        assert playback.in_slow_motion
        assert playback.behind == SECOND - playback.t

    def test_what_happens_after_an_idle_time_is_shown_at_once(self) -> None:
        log = Times([0, 5])
        playback = Playback(log, slow=True)
        watch(playback, edge=100)
        playback.tick(FRAME, 30 * SECOND)
        assert (playback.mode, playback.t) == (Mode.LIVE, 30 * SECOND)
        log.times.extend([29 * SECOND, 29 * SECOND + 10])
        playback.tick(FRAME, 30 * SECOND)
        assert (playback.mode, playback.t) == (Mode.PLAYING, 29 * SECOND)
        watch(playback, edge=31 * SECOND)
        assert playback.t == 31 * SECOND

    def test_live_skips_what_was_not_shown(self) -> None:
        playback = Playback(HANDSHAKE, slow=True)
        playback.tick(FRAME, SECOND)
        playback.live()
        playback.tick(FRAME, 2 * SECOND)
        assert (playback.mode, playback.t) == (Mode.LIVE, 2 * SECOND)

    def test_pause_and_play_go_on_from_the_same_moment(self) -> None:
        playback = Playback(HANDSHAKE, slow=True)
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
        playback = Playback(Times([1, 2, 3]), slow=True)
        playback.skip(3)
        playback.tick(FRAME, 100)
        assert (playback.mode, playback.t) == (Mode.LIVE, 100)


@given(
    times=st.lists(st.integers(0, 10**12), min_size=1, max_size=12, unique=True).map(sorted),
    slow=st.booleans(),
    speed=st.sampled_from(SPEEDS[2:]),
)
def test_every_gap_takes_a_time_that_people_can_follow(times: list[int], *, slow: bool, speed: float) -> None:
    playback = Playback(Times(times), slow=slow, speed=speed)
    playback.tick(0, times[-1])
    playback.seek(times[0])
    playback.play()
    seen = watch(playback, edge=times[-1])
    heads = [t for _, t in seen]
    assert heads == sorted(heads)
    gaps = len(times) - 1
    assert seen[-1][0] <= gaps * LONGEST / speed + 2 * FRAME
    if slow:
        assert seen[-1][0] >= gaps * SHORTEST / speed - 2 * FRAME


@given(gap=st.integers(0, 10**13), flight=st.none() | st.integers(1, 10**10))
def test_slow_motion_has_bounds(gap: int, flight: int | None) -> None:
    assert SHORTEST <= screen_time(gap, flight, slow=True) <= LONGEST
