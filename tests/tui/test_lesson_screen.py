"""Lessons as a learner takes them: the real app, the real kernel, keys and clicks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pupil import Pupil, pupil

from sockviz.events import decode
from sockviz.lessons import progress
from sockviz.lessons.scene import Bookmark, Phase
from sockviz.tui.controls.buttons import ButtonRow
from sockviz.tui.lesson.widget import LessonPanel


@pytest.fixture(scope="module", autouse=True)
def lab() -> None:
    command = [sys.executable, "-m", "sockviz", "--headless", "--clients", "0", "--source", "lab"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        pytest.skip(done.stderr.strip())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lessons.json"


def left(path: Path, lesson: str) -> dict:
    """What was written down."""
    return json.loads(path.read_text())[lesson]


async def click(one: Pupil, action: str) -> None:
    """Click the button of an action."""
    for row in one.app.screen.query(ButtonRow):
        for piece in row.placed():
            if row.display and piece.face and piece.face.action == action:
                await one.pilot.click(row, offset=(piece.begin, 0))
                await one.pilot.pause()
                return
    raise AssertionError(f"no button for {action}")


def row_of(one: Pupil, text: str) -> int:
    (found,) = [at for at, line in enumerate(one.text.splitlines()) if text in line]
    return found


async def test_a_step_is_told_asked_predicted_and_explained(path):
    async with pupil("handshake", path) as one:
        await one.go_to(Phase.ASK, "connect")
        await one.see("What leaves the client first?", " 1  ", " 2  ", " 3  ", "2/7", "predict")
        assert "What do you predict? Press 1 2 3." in one.text
        await one.press("enter")
        assert "Predict first, then you will see" in one.text
        assert one.scene.phase is Phase.ASK
        await one.press("2")
        await one.phase(Phase.VERDICT)
        await one.see("Not so. Nobody has given it any bytes", "← your prediction")
        lines = one.text.splitlines()
        assert any(line.startswith(" ✓  1") for line in lines)
        assert any(line.startswith(" ✗  2") for line in lines)
        await one.see("connect(3) ◷ blocked", "»●1 SYN")
        await one.press("enter")
        await one.see("It is a SYN:", "why")


async def test_a_right_prediction_is_said_to_be_right(path):
    async with pupil("handshake", path, size=(80, 24), language="zh") as one:
        await one.go_to(Phase.VERDICT, "connect")
        await one.see("预测正确", "← 你的预测", "内核的回答")


async def test_answers_and_buttons_can_be_clicked(path):
    async with pupil("handshake", path, size=(80, 24)) as one:
        await one.waits()
        await click(one, "lesson-forward")
        await one.go_to(Phase.ASK)
        panel = one.app.screen.query_one(LessonPanel)
        await one.pilot.click(panel, offset=(10, row_of(one, " 3  Nothing") - panel.region.y))
        await one.phase(Phase.VERDICT)
        assert one.runner.bookmark.predictions["connect"].chosen == 2
        await click(one, "lesson-back")
        assert one.scene.number == 1


@pytest.mark.parametrize(("language", "said"), [("en", "The lesson does this"), ("zh", "这由课程来做")])
async def test_the_stages_keys_are_off_in_a_lesson_and_it_says_so(path, language, said):
    async with pupil("handshake", path, language=language) as one:
        await one.waits()
        for key in ("c", "n", "a", "w", "h"):
            await one.press(key)
            assert said in one.text, key
        await one.step()
        assert not one.world.connections


async def test_in_free_play_they_are_on_and_the_lesson_comes_back_as_it_was(path):
    async with pupil("handshake", path, size=(80, 24)) as one:
        await one.go_to(Phase.VERDICT, "connect", answer=1)
        await one.press("f")
        await one.see("Your turn: every key of the stage works", "f return to the lesson", "n next")
        await one.press("c")
        await one.until(lambda: len(one.world.connections) == 2)
        await one.press("enter")
        assert one.scene.free
        await one.press("escape", "f")
        assert not one.scene.free
        await one.phase(Phase.VERDICT)
        await one.see("Not so.", "SYN_SENT")
        assert one.scene.step.id == "connect"
        await one.until(lambda: len(one.world.connections) == 1)


async def test_back_and_again(path):
    async with pupil("handshake", path) as one:
        await one.waits()
        await one.press("p")
        assert "This is the first step." in one.text
        await one.go_to(Phase.VERDICT, "syn")
        await one.press("R")
        await one.phase(Phase.SAY, Phase.ASK)
        assert one.scene.step.id == "syn"
        await one.until(lambda: len(one.world.wire.held) == 1)
        await one.press("p")
        await one.until(lambda: one.scene.number == 3)
        await one.waits()
        await one.press("pageup")
        await one.until(lambda: one.scene.number == 2)
        await one.waits()


async def test_where_a_lesson_was_left_it_is_taken_up_again(path):
    async with pupil("handshake", path) as one:
        await one.go_to(Phase.VERDICT, "connect", answer=1)
        kept = left(path, "handshake")
        assert kept["step"] == "connect"
        assert kept["predictions"]["connect"]["chosen"] == 1
        scene = await one.go_to(Phase.EXPLAIN)
        await one.step()
        number = one.scene.number
        assert left(path, "handshake")["step"] == one.scene.step.id != scene.step.id
    async with pupil("handshake", path) as one:
        await one.waits()
        await one.see(f"Taken up where you left it: step {number} of")
        assert one.scene.number == number
        assert one.runner.bookmark.predictions["connect"].chosen == 1
        await one.press("enter")
        assert "Taken up" not in one.text
    async with pupil(None, path) as one:
        await one.menu()
        await one.see(f"left at {number}/")
        await one.press("a")
        await one.waits()
        assert one.scene.number == 1
        assert "Taken up" not in one.text


async def test_the_list_has_the_next_lesson_under_its_cursor(path):
    progress.save(path, "descriptors", Bookmark(step="close-listener", finished=True))
    async with pupil(None, path, size=(80, 24)) as one:
        await one.menu()
        await one.see("The course", "1 of", "Three segments, made by two kernels", "Enter begins the lesson")
        assert "▶  2" in one.text
        assert row_of(one, "▶  2") == row_of(one, "The course") + 2, "the list begins with the first lesson"
        assert one.text.count("↓") == 2, "there is more below (and the arrows that choose)"
        await one.press("end")
        assert one.text.count("↑") == 2
        await one.press("down", "home", "down", "l")
        await one.see("三次握手", "1 课")
        await one.press("enter")
        await one.waits()
        await one.see("三次握手", "1/7")
        await one.press("L")
        await one.menu()
        assert one.app.play is None
        assert "▶  2" in one.text


async def test_what_was_finished_once_stays_finished(path):
    progress.save(path, "handshake", Bookmark(step="ack", finished=True))
    async with pupil(None, path) as one:
        await one.menu()
        await one.press("home", "down", "a")
        await one.waits()
        assert one.scene.number == 1
        await one.step()
        await one.press("L")
        await one.menu()
        await one.see("✓ The three-way handshake")


async def test_the_end_tells_how_it_went_and_leads_to_the_next_lesson(path):
    async with pupil("no-accept", path, size=(80, 24)) as one:
        await one.go_to(Phase.DONE, answer=1)
        await one.see(
            "Predicted right: 0 of 4", "✗  connect() waits for accept()", "Next: What accept() does"
        )
        assert left(path, "no-accept")["finished"]
        await one.press("enter")
        await one.until(lambda: one.app.play is not None and one.runner.lesson.id == "accept")
        await one.waits()
        assert one.scene.number == 1


WRONG = """
id = "wrong"
title = { en = "A wrong lesson", zh = "错误的课" }
summary = { en = "S", zh = "要" }
minutes = 1
[[step]]
id = "lie"
say = { en = "A client connects.", zh = "客户端连接。" }
do = [{ connect = 1 }]
expect = [{ socket = "client 1", state = "ESTABLISHED" }]
timeout = "200ms"
explain = { en = "It is over.", zh = "结束了。" }
"""


async def test_a_lesson_that_lies_says_what_the_kernel_had(path, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG)
    async with pupil(str(file), path, size=(80, 24)) as one:
        await one.step()
        assert one.scene.phase is Phase.FAILED
        await one.see("did something else", "expected", "ESTABLISHED", "the kernel had", "SYN_SENT")
        await one.press("R")
        await one.phase(Phase.SAY)
        await one.step()
        await one.step()
        await one.see("It is over.")
        await one.step()
        await one.see("did something else than expected: 1", "L shows all lessons")
        assert str(file) in json.loads(path.read_text())
        await one.press("enter")
        assert "no lesson after this one" in one.text
        await one.press("L")
        await one.menu()


async def test_space_goes_on_but_for_where_the_screen_stands_still(path):
    async with pupil("handshake", path) as one:
        await one.waits()
        await one.press("space")
        await one.until(lambda: one.scene.number == 2)
        await one.go_to(Phase.EXPLAIN, "connect")
        await one.press("left_curly_bracket")
        await one.see("You see the PAST")
        await one.press("space")
        await one.until(lambda: "PAST" not in one.text)
        assert one.scene.phase is Phase.EXPLAIN


async def test_the_past_can_be_looked_at_and_the_lesson_goes_on_from_now(path):
    async with pupil("handshake", path) as one:
        await one.go_to(Phase.EXPLAIN, "syn-ack")
        await one.press("left_curly_bracket", "left_curly_bracket")
        await one.see("You see the PAST")
        await one.press("enter")
        await one.waits()
        await one.until(lambda: "PAST" not in one.text)


async def test_on_a_projector_the_panel_is_on_top(path):
    async with pupil("handshake", path, size=(80, 24), projector=True) as one:
        await one.go_to(Phase.ASK)
        hosts = row_of(one, "─ client ─") if "─ client ─" in one.text else row_of(one, "━ client ━")
        assert row_of(one, "What leaves the client first?") < hosts
        await one.press("3")
        await one.phase(Phase.VERDICT)
        assert row_of(one, "─ client ─") == hosts
        assert "3 — predict" in one.text
        await one.press("P")
        assert row_of(one, "─ client 10.0.0.2") < row_of(one, "What leaves the client first?")
        await one.press("P", "t")
        await one.see("client", "server")


async def test_what_a_lesson_says_of_the_table_is_shown_in_the_table(path):
    """On a small terminal, where ladder and table share a place."""
    async with pupil("descriptors", path, size=(80, 24)) as one:
        scene = await one.waits()
        while not any(target.kind == "row" for target in scene.targets) or scene.question is not None:
            scene = await one.step()
        await one.see("PID/fd")
        assert "▶" in one.text


async def test_each_lab_has_its_recording(path, tmp_path):
    record = tmp_path / "life.jsonl"
    async with pupil("handshake", path, record=record) as one:
        await one.go_to(Phase.VERDICT, "connect")
        await one.press("R")
        await one.phase(Phase.SAY)
        await one.go_to(Phase.VERDICT, "connect")
    for name in ("life.jsonl", "life-2.jsonl"):
        events = [decode(line) for line in (tmp_path / name).read_bytes().splitlines()]
        assert events[0].source == "lab"
        assert any(getattr(event, "text", "").startswith("handshake 2") for event in events)


async def test_a_place_that_cannot_be_written_to_is_told_of_and_nothing_else(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    async with pupil("handshake", blocked / "lessons.json") as one:
        await one.waits()
        await one.see("Can't remember where the lesson was left")
        await one.go_to(Phase.VERDICT, "connect")


def test_the_notes_are_printed_with_what_this_kernel_answers():
    command = [
        sys.executable,
        "-m",
        "sockviz",
        "lesson",
        "no-accept",
        "--notes",
        "--headless",
        "--lang",
        "en",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "RIGHT    1 It returns 0: connected" in done.stdout
    assert "The belief behind it: connect() waits for accept()." in done.stdout
    assert "── 9/9 end-of-file ──" in done.stdout
    assert "playing it once" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["handshake"], "there is no terminal"),
        ([], "there is no terminal"),
        (["handshak"], "did you mean handshake?"),
        (["--headless"], "name one lesson"),
        (["--notes"], "name one lesson"),
        (["handshake", "--headless", "--projector"], "--headless shows nothing"),
    ],
)
def test_what_is_asked_for_in_vain_is_said_in_one_line(arguments, said):
    command = [sys.executable, "-m", "sockviz", "lesson", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
