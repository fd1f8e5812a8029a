"""The presenter's notes: what is in them, for every step of the course, in both languages."""

import pytest
from rich.cells import cell_len

from sockviz.lesson_notes import WIDTH, paragraphs, printed
from sockviz.lessons.catalogue import course, find
from sockviz.lessons.notes import Kind, answers, of_lesson, of_step
from sockviz.lessons.text import LANGUAGES
from sockviz.tui.render.prose import plain

COURSE = course()


def squeezed(text):
    return "".join(plain(text).split())


@pytest.mark.parametrize("lesson", COURSE, ids=lambda lesson: lesson.id)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_is_told_is_in_the_notes_and_fits(lesson, language):
    lines = list(printed(lesson, language, {}))
    assert all(cell_len(line) <= WIDTH for line in lines)
    for number, step in enumerate(lesson.step, 1):
        assert any(line.startswith(f"── {number}/{len(lesson.step)} {step.id} ") for line in lines)
        notes = of_step(step, language, 0 if step.ask else None)
        seen = "".join(squeezed(line) for line in paragraphs(notes))
        texts = [step.say, step.explain, step.notes]
        texts += [choice.text for choice in step.ask.choices] if step.ask else []
        for text in texts:
            if text is not None:
                whole = "".join(squeezed(note.text) for note in notes)
                assert squeezed(text.of(language)) in whole
        for note in notes:
            assert note.text.strip(), step.id
        assert seen
        assert "not known" not in seen
    assert of_lesson(lesson, language)[0].text == lesson.summary.of(language)


def test_the_right_answer_is_marked_once_it_is_known():
    step = next(step for step in find("handshake").step if step.ask)
    kinds = [note.kind for note in of_step(step, "en", None)]
    assert kinds.count(Kind.OPEN) == len(step.ask.choices)
    notes = of_step(step, "en", 1)
    (right,) = [note for note in notes if note.kind is Kind.RIGHT]
    assert right.text.startswith("2  ")
    assert sum(note.kind is Kind.WRONG for note in notes) == len(step.ask.choices) - 1
    after = notes[notes.index(right) + 1]
    assert after.kind is not Kind.WHY_NOT, "nobody has to be told why the right answer is wrong"


def test_what_is_done_expected_and_pointed_at_is_told():
    step = next(step for step in find("handshake").step if step.id == "connect")
    told = {note.kind: note.text for note in of_step(step, "en", 0)}
    assert told[Kind.DO] == "`connect 1`"
    assert "client 1: state SYN_SENT, owner yes" in told[Kind.THEN]
    assert told[Kind.SHOW] == "the client; afterwards the `SYN` on the wire, the call of client 1"
    told = {note.kind: note.text for note in of_step(step, "zh", 0)}
    assert told[Kind.SHOW] == "客户端；之后：线路上的 `SYN`，客户端 1 的调用"  # noqa: RUF001 - Chinese


def test_answers_that_no_choice_belongs_to_are_none():
    lesson = find("handshake")
    assert answers({"connect": 1, "syn": None, "ready": 0, "gone": 2, "ack": 9}, lesson) == {"connect": 1}
