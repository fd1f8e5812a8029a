"""`sockviz lesson` in a real terminal: whole lessons, as they are seen, in both sizes and languages."""

import json
import os
import subprocess
import sys
import unicodedata

import pytest
from screen import running

from sockviz.lessons.catalogue import find, names
from sockviz.lessons.text import LANGUAGES

pytestmark = pytest.mark.terminal

COMMAND = [sys.executable, "-m", "sockviz", "lesson"]
WHOLE = [("close-wait", "en", []), ("no-accept", "zh", []), ("refused", "zh", ["--projector"])]
"""Lessons, languages, looks; with `EVERY_LESSON=1` all of the course in both languages: half an hour."""
if "EVERY_LESSON" in os.environ:
    WHOLE = [(name, language, []) for name in names() for language in LANGUAGES]
FRAME = {"╭": "╰", "╮": "╯", "┏": "┗", "┓": "┛"}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """Nobody's own progress."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "sockviz" / "lessons.json"


def flaw(terminal):
    """Where a wide character is cut or something is moved: the hosts' frames stand one below the other."""
    grid = terminal.cells
    for y, row in enumerate(grid):
        hosts = "".join(row).startswith(("╭─ client", "┏━ client"))
        for x, cell in enumerate(row):
            wide = cell and unicodedata.east_asian_width(cell[0]) in "WF"
            if wide and row[x + 1 : x + 2] != [""]:
                return f"a wide character is cut at {x},{y}"
            if hosts and cell in FRAME:
                column = [line[x] for line in grid[y + 1 :]]
                if FRAME[cell] not in column:
                    return f"a frame is not closed at {x},{y}"
                if set(column[: column.index(FRAME[cell])]) - set("│┃├┤▶◀▸"):
                    return f"a frame is broken at {x},{y}"
    return ""


def squeezed(text):
    return "".join(text.replace("`", "").replace("*", "").split())


def shown(terminal, *texts):
    """Wait until all of each text is on the screen, however it is broken into lines."""

    wanted = [squeezed(text) for text in texts]

    def there(text):
        seen = squeezed(text.replace("▌", ""))
        return all(one in seen for one in wanted) and not flaw(terminal)

    try:
        terminal.wait(there, 60)
    except AssertionError as error:
        raise AssertionError(f"{flaw(terminal)} {texts} {error}") from None


def play(terminal, lesson, language, answer):
    """Take the whole lesson, always with the same prediction; see every text that it has."""
    for step in lesson.step:
        if step.say is not None:
            shown(terminal, step.say.of(language))
            terminal.press("enter")
        if step.ask is not None:
            asked = [step.ask.question, *(choice.text for choice in step.ask.choices)]
            shown(terminal, *(text.of(language) for text in asked))
            terminal.press(str(min(answer, len(step.ask.choices)) + 1))
            words = {"en": ("Right:", "Not so."), "zh": ("预测正确", "不是这样")}[language]
            terminal.wait(lambda text, words=words: any(word in text for word in words), 60)
            shown(terminal)
            terminal.press("enter")
        if step.explain is not None:
            shown(terminal, step.explain.of(language))
            terminal.press("enter")
    title = lesson.title.of(language)
    end = {"en": "The lesson is finished.", "zh": "本课结束。"}[language]
    shown(terminal, title, end)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize(("name", "language", "look"), WHOLE)
def test_a_whole_lesson(name, language, look, size, state):
    with running([*COMMAND, name, "--lang", language, *look], columns=size[0], rows=size[1]) as terminal:
        play(terminal, find(name), language, 1)
        assert json.loads(state.read_text())[name]["finished"]
        terminal.press("q")
        assert terminal.exit_status() == 0
        assert not terminal.left()


LIE = """
id = "lie"
title = { en = "T", zh = "题" }
summary = { en = "S", zh = "要" }
minutes = 1

[[step]]
id = "never"
say = { en = "Nobody listens.", zh = "话。" }
do = [{ close = "listener" }]
expect = [{ listener = "server", state = "LISTEN" }]
"""


def test_on_the_screen_a_step_that_fails_is_seen_and_leaving_is_no_failure(tmp_path):
    """Without a screen the same lesson's exit status is 1, as both texts of help say."""
    path = tmp_path / "lie.toml"
    path.write_text(LIE)
    with running([*COMMAND, str(path), "--lang", "en"]) as terminal:
        terminal.see("Nobody listens.", seconds=60)
        terminal.press("enter")
        terminal.see("not as expected", seconds=60)
        terminal.press("q")
        assert terminal.exit_status() == 0
    alone = subprocess.run([*COMMAND, str(path), "--headless"], capture_output=True, check=False)
    assert alone.returncode == 1


def test_killed_in_the_middle_it_is_taken_up_where_it_was(state):
    with running([*COMMAND, "handshake"], columns=80, rows=24) as terminal:
        terminal.see("Enter goes on.", seconds=60)
        terminal.press("enter")
        terminal.see("2/7")
        terminal.press("enter")
        terminal.see("predict")
        terminal.press("1")
        terminal.see("Right: so it was.", seconds=60)
    assert json.loads(state.read_text())["handshake"]["step"] == "connect"
    with running([*COMMAND, "handshake"], columns=80, rows=24) as terminal:
        terminal.see("Taken up where you left it: step 2 of 7.", seconds=60)
        terminal.press("q")
        assert terminal.exit_status() == 0


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_in_a_terminal(size, language):
    with running([*COMMAND, "--lang", language], columns=size[0], rows=size[1]) as terminal:
        first, last = (find(names()[at]) for at in (0, -1))
        shown(terminal, first.title.of(language), first.summary.of(language))
        terminal.press("end")
        shown(terminal, last.title.of(language), last.summary.of(language))
        terminal.press("q")
        assert terminal.exit_status() == 0


def test_the_notes_follow_the_lesson(state):
    with (
        running([*COMMAND, "handshake", "--notes"], columns=120, rows=36) as notes,
        running([*COMMAND, "handshake"], columns=80, rows=24) as lesson,
    ):
        notes.see("Three segments, made by two kernels", seconds=60)
        lesson.see("Enter goes on.", seconds=60)
        lesson.press("enter")
        lesson.see("2/7")
        notes.see("│ 2/7 │ follows the lesson", "The belief behind it", "RIGHT", seconds=60)
        notes.press("n")
        notes.see("│ 3/7 │ by hand", "3/7 two-beliefs")
        notes.press("f")
        notes.see("│ 2/7 │ follows the lesson")
        lesson.press("L")
        lesson.see("The course", seconds=60)
        lesson.press("home", "enter")
        notes.see("Three kinds of descriptors │ 1/", "│ follows the lesson", seconds=60)
        for terminal in (notes, lesson):
            terminal.press("q")
            assert terminal.exit_status() == 0
            assert not terminal.left()
