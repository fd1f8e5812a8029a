"""The lesson's panel: every text of every step of the course has room, in any size and language."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import itertools

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from sockviz.lessons.catalogue import course, headings
from sockviz.lessons.scene import (
    Bookmark,
    Option,
    Phase,
    Prediction,
    Problem,
    Scene,
    options,
    summary_of,
    text_of,
)
from sockviz.lessons.schema import Lesson, Step
from sockviz.lessons.text import LANGUAGES, Text
from sockviz.tui.lesson.layout import panel, room_for, spread, tallest, title
from sockviz.tui.lesson.menu import Entry, about, entries, following
from sockviz.tui.lesson.rows import Row, Told
from sockviz.tui.render.prose import fold, plain

SIZES = ((80, 24), (120, 36), (200, 50))
COURSE = course()
HEADINGS = headings()
NOTHING = Text(en="", zh="")


def scene(lesson: Lesson, step: Step, phase: Phase, made: Prediction | None = None, **known) -> Scene:
    asked = step.ask if phase in (Phase.ASK, Phase.DO, Phase.VERDICT) else None
    return Scene(
        phase=phase,
        step=step,
        number=lesson.step.index(step) + 1,
        count=len(lesson.step),
        text=text_of(phase, step, made),
        question=asked.question if asked else None,
        options=options(asked, made),
        **known,
    )


def scenes(lesson: Lesson):
    """All that a lesson may show, whatever is predicted and whatever comes true."""
    for step in lesson.step:
        if step.say is not None:
            yield scene(lesson, step, Phase.SAY)
        yield scene(lesson, step, Phase.DO, Prediction(0), waiting=Text(en="rest", zh="静止"))
        if step.explain is not None:
            yield scene(lesson, step, Phase.EXPLAIN)
        if step.ask is not None:
            yield scene(lesson, step, Phase.ASK)
            count = len(step.ask.choices)
            for chosen, true in itertools.product(range(count), repeat=2):
                yield scene(lesson, step, Phase.VERDICT, Prediction(chosen, true))


def told(lesson: Lesson, shown: Scene, language, predictions=None, **known) -> Told:
    summary = summary_of(lesson, predictions or {}, {})
    return Told(lesson=lesson, scene=shown, summary=summary, language=language, **known)


def squeezed(text: str) -> str:
    """Without what folding adds and takes away."""
    return "".join(plain(text).split())


def words(rows: list[Row]) -> str:
    return "".join(squeezed(row.text.replace("▌", "").replace("`", "")) for row in rows)


def laid_out(this: Told, size, *, large=False) -> list[Row]:
    """The panel as the furniture asks for it: as many rows as there are, and no row too long."""
    width, height = size
    room = room_for(this.scene, height, large=large, tabs=width < 110 or height < 30)
    rows = panel(this, width, rows=room.wanted, most=room.most)
    assert len(rows) <= room.most
    if large and this.scene.phase is not Phase.DONE:
        height = tallest(this, width, rows=room.wanted, most=room.most)
        text, rows = words(rows), spread(this, rows, height)
        assert len(rows) == height <= room.most
        assert words(rows) == text, "lines are moved apart, nothing else"
    for row in rows:
        assert cell_len(row.text) <= width, row.text
    return rows


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.id)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_step_fits(lesson, language, size):
    for shown, large in itertools.product(scenes(lesson), (False, True)):
        this = told(lesson, shown, language, counters=(("server", "TCPReqQFullDoCookies", 12),))
        rows = laid_out(this, size, large=large)
        seen = words(rows)
        for text in (shown.text, shown.question):
            if text is not None and not (shown.phase is Phase.DO and text is shown.text and shown.question):
                assert squeezed(text.of(language)) in seen
        for index, option in enumerate(shown.options):
            told_of = option.chosen or option.true or shown.phase in (Phase.ASK, Phase.DO)
            if told_of:
                assert f"{index + 1}{squeezed(option.text.of(language))}" in seen
        if shown.phase is Phase.ASK:
            answers = [row.answer for row in rows if row.answer is not None]
            assert sorted(set(answers)) == list(range(len(shown.options)))
        else:
            assert all(row.answer is None for row in rows)


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.id)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_end_fits_even_if_all_predictions_were_wrong(lesson, language):
    asked = [step for step in lesson.step if step.ask is not None]
    made = {step.id: Prediction(len(step.ask.choices) - 1, 0) for step in asked}
    shown = scene(lesson, lesson.step[-1], Phase.DONE)
    for size, large in itertools.product(SIZES, (False, True)):
        this = told(lesson, shown, language, made, following=COURSE[0])
        seen = words(laid_out(this, size, large=large))
        for one in this.summary.predictions:
            assert squeezed((one.belief or one.chosen).of(language)) in seen
            assert squeezed(one.true.of(language)) in seen
        assert squeezed(COURSE[0].title.of(language)) in seen


def longest(columns: int, language: str) -> str:
    """A text that takes all the columns that it may."""
    return "word " * (columns // 5 - 1) + "final" if language == "en" else "字" * (columns // 2)


def test_the_longest_texts_that_a_lesson_may_have_fit():
    text = Text(en=longest(320, "en"), zh=longest(320, "zh"))
    question = Text(en=longest(150, "en"), zh=longest(150, "zh"))
    answer = Text(en=longest(70, "en"), zh=longest(72, "zh"))
    lesson = next(one for one in COURSE if any(step.ask for step in one.step))
    step = next(step for step in lesson.step if step.ask)
    base = scene(lesson, step, Phase.VERDICT)
    wrong = (
        Option(answer, chosen=True, true=False, wrong=text),
        Option(answer, true=True),
        *[Option(answer, true=False)] * 3,
    )
    asked = tuple(Option(answer) for _ in range(5))
    for language, size, large in itertools.product(LANGUAGES, SIZES, (False, True)):
        for shown in (
            replace(base, text=text, question=question, options=wrong),
            replace(base, phase=Phase.ASK, question=question, options=asked),
            replace(base, phase=Phase.SAY, text=text, question=None, options=()),
        ):
            rows = laid_out(told(lesson, shown, language), size, large=large)
            assert not any(row.text.strip() == "…" for row in rows), rows


def test_what_a_kernel_did_differently_is_told_with_what_to_do():
    lesson = COURSE[1]
    problem = Problem(
        Text(en="client 1: state SYN_SENT", zh="客户端 1：状态 SYN_SENT"),
        Text(en="CLOSED " * 30, zh="CLOSED"),
    )
    shown = scene(lesson, lesson.step[1], Phase.FAILED, problems=(problem,) * 5)
    for language, size in itertools.product(LANGUAGES, SIZES):
        seen = words(laid_out(told(lesson, shown, language), size))
        assert squeezed(problem.expected.of(language)) in seen
        assert "Enter" in seen
        assert "R" in seen


def test_the_title_says_how_far_it_is():
    lesson = COURSE[1]
    row = title(told(lesson, scene(lesson, lesson.step[2], Phase.SAY), "en"), 80)
    assert cell_len(row.text) == 80
    assert f"3/{len(lesson.step)}" in row.text
    assert 0 < row.text.count("━") < row.text.count("─")


def test_free_play_says_how_to_return():
    lesson = COURSE[1]
    for language, size in itertools.product(LANGUAGES, SIZES):
        shown = scene(lesson, lesson.step[1], Phase.ASK, free=True)
        assert "f" in words(laid_out(told(lesson, shown, language), size))


# lines


def test_code_is_marked_and_not_broken():
    lines = fold("One calls `connect( ) = -1` and waits.", 12)
    assert [line.text for line in lines] == ["One calls", "connect( )", "= -1 and", "waits."] or all(
        cell_len(line.text) <= 12 for line in lines
    )
    (line,) = fold("Call `accept()`, then *wait*.", 40)
    assert [(piece.text, piece.code, piece.stressed) for piece in line] == [
        ("Call ", False, False),
        ("accept()", True, False),
        (", then ", False, False),
        ("wait", False, True),
        (".", False, False),
    ]


def test_no_chinese_line_begins_with_a_comma_or_ends_with_an_opening_bracket():
    text = "三次握手，由内核完成（不是程序）。“半连接”在队列里，`accept()`，然后返回。"
    for width in range(4, 40):
        lines = [line.text for line in fold(text, width)]
        assert "".join(lines).replace(" ", "") == squeezed(text)
        assert all(cell_len(line) <= width for line in lines)
        if width >= 12:
            assert not any(line[0] in "，。）”" for line in lines), lines
            assert not any(line[-1] in "（“" for line in lines), lines


def test_a_word_longer_than_a_line_is_broken_and_nothing_is_lost():
    lines = [line.text for line in fold("a" * 50 + " b", 20)]
    assert all(len(line) <= 20 for line in lines)
    assert "".join(lines).replace(" ", "") == "a" * 50 + "b"
    assert fold("", 10)[0].text == ""


# the list of lessons


def test_what_comes_next_is_what_was_left_then_what_is_new():
    assert following(entries(HEADINGS, {})) == 0
    done = Bookmark(step=COURSE[0].step[-1].id, finished=True)
    assert following(entries(HEADINGS, {COURSE[0].id: done})) == 1
    left = Bookmark(step=COURSE[3].step[2].id)
    listed = entries(HEADINGS, {COURSE[0].id: done, COURSE[3].id: left})
    assert following(listed) == 3
    assert listed[3].told("en") == f"left at 3/{len(COURSE[3].step)}"
    assert following(entries(HEADINGS, {one.id: done for one in COURSE})) == 0


def test_a_bookmark_of_another_time_is_no_obstacle():
    (entry, *_) = entries(HEADINGS, {COURSE[0].id: Bookmark(step="no such step")})
    assert not entry.begun
    assert entry.told("en") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_said_of_a_lesson_in_the_list_fits(language):
    titles = {one.id: one.title.of(language) for one in COURSE}
    for number, lesson in enumerate(HEADINGS, 1):
        lines = about(Entry(number, lesson), titles, language, 76)
        assert len(lines) <= 3, lesson.id
        assert cell_len(lesson.title.of(language)) <= 48


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_predicted_everything_right_is_told_so(language):
    lesson = COURSE[1]
    made = {step.id: Prediction(0, 0) for step in lesson.step if step.ask is not None}
    shown = scene(lesson, lesson.step[-1], Phase.DONE)
    seen = words(laid_out(told(lesson, shown, language, made), (80, 24)))
    assert {"en": "Nomisconceptionwasmet.", "zh": "没有遇到误解。"}[language] in seen
    assert "✗" not in seen
