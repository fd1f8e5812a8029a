"""`export --to cast`: what a player of the recording sees is what the screen shows."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import pyte
import pytest

from sockviz import events
from sockviz.arguments import Export
from sockviz.errors import UserError
from sockviz.export.cast import IDLE, cast, marks, marks_of_watching
from sockviz.export.story import tell
from sockviz.exporting import export
from sockviz.inks import DARK, LIGHT
from sockviz.recording.reader import read
from sockviz.tui.cast import RATE, Recital
from sockviz.tui.status import TIMES

DATA = Path(__file__).parents[1] / "data"
BY_HAND, FULL = (DATA / f"{name}.jsonl" for name in ("by-hand-lab", "full-queue-lab"))
WATCHED = DATA / "watched" / "overloaded.jsonl"


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The handshake of a run on loopback: some microseconds."""
    recorded = list(read(DATA / "life-loopback.jsonl"))
    accepted = next(
        at for at, one in enumerate(recorded) if isinstance(one, events.CallReturned) and one.remote
    )
    path = tmp_path_factory.mktemp("quick") / "quick.jsonl"
    path.write_bytes(b"".join(map(events.encode, recorded[: accepted + 1])))
    return path


def made(path: Path, target: Path, **options) -> list:
    """The recording's header and events."""
    assert export(Export(path, "cast", target, **options)) == 0
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


class Player:
    """A terminal that plays."""

    def __init__(self, lines: list) -> None:
        header, *self.waiting = lines
        self.screen = pyte.Screen(header["width"], header["height"])
        self._stream = pyte.Stream(self.screen)

    def to(self, at: float) -> str:
        """The screen `at` seconds."""
        while self.waiting and self.waiting[0][0] <= at:
            _, kind, data = self.waiting.pop(0)
            if kind == "o":
                self._stream.feed(data)
        return "\n".join(self.screen.display)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    return made(BY_HAND, tmp_path_factory.mktemp("cast") / "run.cast")


def test_it_is_what_asciinema_calls_a_recording(by_hand):
    header, *lines = by_hand
    assert header["version"] == 2
    assert (header["width"], header["height"]) == (120, 36)
    assert header["timestamp"] > 1_600_000_000
    times = [at for at, _, _ in lines]
    assert times == sorted(times)
    assert times[0] == 0
    assert {kind for _, kind, _ in lines} == {"o", "m"}
    assert all(isinstance(data, str) for _, _, data in lines)


def test_it_is_not_faster_than_it_may_be_and_never_idle_for_long(by_hand):
    times = [at for at, kind, _ in by_hand[1:] if kind == "o"]
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= 1 / RATE - 0.001
    assert max(gaps) <= IDLE + 0.001
    assert len(times) < times[-1] * RATE, "a frame in which nothing changed is not in it"


def test_it_shows_each_state_of_a_handshake_in_turn(by_hand):
    player, seen = Player(by_hand), []
    for at, *_ in by_hand[1:]:
        text = player.to(at)
        seen += [state for state in ("SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1") if state in text]
    assert list(dict.fromkeys(seen))[:3] == ["SYN_SENT", "SYN_RECV", "ESTABLISHED"]
    assert "held" in "".join(data for _, _, data in by_hand[1:])


@pytest.mark.parametrize("slow", [False, True], ids=["lab", "loopback"])
@pytest.mark.parametrize(("size", "theme"), [((100, 30), "light"), ((80, 24), None)])
def test_the_player_ends_with_the_screen_that_the_app_ends_with(quick, slow, size, theme):
    name = quick if slow else BY_HAND
    recorded = list(read(name))
    recital = Recital(name.name, recorded, size=size, theme=theme)
    last = []

    async def frames():
        async for frame in recital.frames():
            yield frame
            strips = recital.app.screen._compositor.render_strips(recital.app.size)
            last[:] = [strip.text for strip in strips]

    async def lines():
        header = tell(recorded).world.header
        return [json.loads(line) async for line in cast(frames(), size, header, [])]

    player = Player(asyncio.run(lines()))
    assert player.to(10_000) == "\n".join(last)
    assert "‖ REPLAY" in player.to(10_000)


def test_watched_listeners_are_played_as_the_screen_shows_them(tmp_path):
    header, *lines = made(WATCHED, tmp_path / "run.cast")
    (t, told), *_ = [(at, data) for at, kind, data in lines if kind == "m"]
    assert "The accept queue is full" in told
    player = Player([header, *lines])
    assert "The accept queue is full" not in player.to(t - 0.1)
    assert "The accept queue is full" in player.to(t + 1)
    end = player.to(10_000)
    assert "‖ REPLAY 00:09.318" in end
    assert "212 rising" in end


def test_what_was_marked_while_watching_is_a_marker():
    hosts = (events.Host(name="machine", addresses=()),)
    told = [
        events.Header(t=0, format=events.FORMAT, source="watch", hosts=hosts, made_by="sockviz"),
        events.Marked(t=7, text="lunch\x1b[2J"),
    ]
    assert marks_of_watching(told) == [(7, "lunch\ufffd[2J")]


def test_what_was_watched_long_is_played_faster_and_whole(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sockviz.tui.cast.SOON", 2)
    first, *_ = WATCHED.read_bytes().splitlines(keepends=True)
    night = tmp_path / "night.jsonl"
    night.write_bytes(first + events.encode(events.Marked(t=40 * 10**9, text="morning")))
    lines = made(night, tmp_path / "run.cast", size=(80, 24))
    assert "played 20 times as fast" in capsys.readouterr().err
    assert [data for _, kind, data in lines[1:] if kind == "m"] == ["morning"]
    assert f"{TIMES}20" in Player(lines).to(1)


def test_quick_runs_are_played_in_slow_motion(quick, tmp_path):
    lines = made(quick, tmp_path / "run.cast")
    assert lines[-1][0] > 5
    assert "slow motion" in Player(lines).to(3)


def test_marks_and_what_must_not_be_missed_are_markers(tmp_path):
    lines = made(FULL, tmp_path / "run.cast", size=(80, 24))
    markers = [data for _, kind, data in lines[1:] if kind == "m"]
    assert markers == [text for _, text in marks(tell(read(FULL)))]
    assert any("queue is full" in text for text in markers)


def test_the_theme_is_the_one_that_was_asked_for(tmp_path):
    text = json.dumps(made(BY_HAND, tmp_path / "run.cast", theme="light", size=(80, 24)))
    light, dark = (
        "48;2;" + ";".join(str(int(inks.background[at : at + 2], 16)) for at in (1, 3, 5))
        for inks in (LIGHT, DARK)
    )
    assert light in text
    assert dark not in text


def test_a_screen_that_is_too_small_is_said_so(tmp_path):
    with pytest.raises(UserError, match="80x24"):
        export(Export(BY_HAND, "cast", tmp_path / "run.cast", size=(79, 24)))
    assert not (tmp_path / "run.cast").exists()


def test_nothing_of_a_recording_is_obeyed_by_the_players_terminal(tmp_path):
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    path = tmp_path / "evil.jsonl"
    hosts = (events.Host(name="client", addresses=()), events.Host(name="server", addresses=()))
    run = [
        events.Header(t=0, format=events.FORMAT, source="lab", hosts=hosts, made_by=evil, kernel=evil),
        events.ProgramStarted(t=1, host="client", pid=1, program=evil),
        events.Marked(t=2, text=evil),
        events.Ended(t=3),
    ]
    path.write_bytes(b"".join(map(events.encode, run)))
    lines = made(path, tmp_path / "run.cast")
    for _, kind, data in lines[1:]:
        assert "\x07" not in data
        assert "owned\x07" not in data
        assert "\x1b]" not in data
        assert kind == "o" or data.isprintable()
    assert lines[0]["title"].isprintable()
