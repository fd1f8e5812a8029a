"""What can be done in a lesson: when it can, and what is said when it can't, in both languages."""

import pytest
from doing import do
from msgspec import structs
from worlds import world

from sockviz.lessons.scene import Phase, Verb
from sockviz.lessons.text import LANGUAGES
from sockviz.tui.actions.action import Group, Situation, Teaching
from sockviz.tui.actions.registry import ACTIONS, BY_ID, LESSON
from sockviz.tui.hints import hint

ASKING = (Group.WIRE, Group.CLIENT, Group.CALLS, Group.SERVER)
WAITING = frozenset({Verb.FORWARD, Verb.BACK, Verb.REPEAT, Verb.PLAY_FREELY})


def at(phase, verbs=WAITING, language="en", **known):
    """The stage with a lesson."""
    lesson = Teaching(phase=phase, verbs=frozenset(verbs), **known)
    return Situation(world(), lesson=lesson, language=language)


@pytest.mark.parametrize("action", LESSON, ids=lambda action: action.id)
def test_every_action_of_a_lesson_explains_itself(action):
    assert action.help.endswith(".")
    assert len(action.help) <= 100
    assert "This is no lesson" in action.why_not(Situation())
    assert all(action.labels(Situation()))
    for language in LANGUAGES:
        assert all(action.labels(at(Phase.SAY, language=language)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_lesson_does_nobody_else_does_but_in_free_play(language):
    lesson, free = at(Phase.SAY, language=language), at(Phase.SAY, [Verb.RETURN], language, free=True)
    for action in ACTIONS:
        if action.group in ASKING:
            reason = action.why_not(lesson)
            assert reason is not None, action.id
            assert "`f`" in reason or "flooded" in reason
            assert "`f`" not in (action.why_not(free) or "")


def test_in_free_play_the_stage_says_what_can_be_done():
    free = at(Phase.SAY, [Verb.RETURN], free=True)
    assert hint(free).text == "Press `c`: a client connects."
    news = structs.replace(free.lesson, news="It can't be kept.")
    assert hint(structs.replace(free, lesson=news)).text == "It can't be kept."


def test_keys_become_what_the_lesson_is_asked_for():
    assert do("lesson-forward", at(Phase.SAY)) == [("learn", "forward")]
    assert do("lesson-answer-2", at(Phase.ASK, [Verb.ANSWER], answers=3)) == [("learn", "answer", 1)]
    assert do("lesson-play", at(Phase.SAY)) == [("learn", "play freely")]
    assert do("lesson-play", at(Phase.SAY, [Verb.RETURN], free=True)) == [("learn", "return")]
    assert do("list", structs.replace(at(Phase.SAY), listed=True)) == [("leave",)]
    assert do("lessons", at(Phase.SAY)) == [("leave",)]
    assert do("lessons", Situation(world())) == [("open_lessons",)]


@pytest.mark.parametrize(
    ("name", "situation", "said"),
    [
        ("lesson-forward", at(Phase.ASK, [Verb.ANSWER, Verb.BACK], answers=3), "press `1` `2` `3`"),
        ("lesson-answer-4", at(Phase.ASK, [Verb.ANSWER], answers=3), "press `1` `2` `3`"),
        ("lesson-answer-1", at(Phase.SAY), "Nothing is asked now."),
        ("lesson-forward", at(Phase.DO, []), "the kernel is at work"),
        ("lesson-play", at(Phase.DO, []), "the kernel is at work"),
        ("lesson-back", at(Phase.SAY, WAITING - {Verb.BACK}), "first step"),
        ("lesson-forward", at(Phase.DONE, WAITING - {Verb.FORWARD}), "no lesson after this one"),
        ("lesson-repeat", at(Phase.SAY, [Verb.RETURN], free=True), "Return to the lesson first"),
    ],
)
def test_what_is_not_possible_now_says_why(name, situation, said):
    assert said in BY_ID[name].why_not(situation)
    reason = BY_ID[name].why_not(structs.replace(situation, language="zh"))
    assert not reason.isascii()


def test_the_button_says_what_the_key_does_now():
    assert BY_ID["lesson-forward"].labels(at(Phase.DONE))[0] == "next lesson"
    assert BY_ID["lesson-repeat"].labels(at(Phase.DONE))[0] == "once more"
    assert BY_ID["lesson-play"].labels(at(Phase.SAY))[0] == "what if?"
    assert BY_ID["lesson-play"].labels(at(Phase.SAY, free=True))[0] == "return to the lesson"
    assert BY_ID["list"].labels(at(Phase.SAY, language="zh"))[0] == "课程列表"
    assert BY_ID["projector"].labels(at(Phase.SAY, language="zh"))[0] == "投影"


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hint_says_what_is_waited_for(phase, language):
    said = hint(at(phase, language=language, answers=2)).text
    if phase in {Phase.STARTING, Phase.DO, Phase.EXPECT}:
        assert said == ""
    else:
        assert "`" in said
    assert hint(at(phase, language=language, news="News.")).text == "News."
