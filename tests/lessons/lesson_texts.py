"""Small lessons for tests, put together from pieces of TOML."""

from sockviz.lessons.loading import parse
from sockviz.lessons.schema import Lesson

HEAD = """\
id = "test"
title = { en = "T", zh = "题" }
summary = { en = "S", zh = "要" }
minutes = 1
"""
SAY = 'say = { en = "Something.", zh = "话。" }'
EXPLAIN = 'explain = { en = "Why.", zh = "原因。" }'


def step(name: str, *lines: str) -> str:
    """A step that says something, with some more lines."""
    return "\n".join(("[[step]]", f'id = "{name}"', *lines)) + "\n"


def text(*steps: str, setup: str = "") -> str:
    """A whole lesson; the first step begins at line 6, without a setup."""
    return "\n".join((HEAD, setup, *steps)) if setup else HEAD + "\n" + "\n".join(steps)


def lesson(*steps: str, setup: str = "") -> Lesson:
    return parse(text(*steps, setup=setup))


def choice(answer: str, if_: str, *lines: str) -> str:
    """One choice of the step that stands before it."""
    head = ("[[step.ask.choices]]", f'text = {{ en = "{answer}", zh = "{answer}" }}', f"if = [{if_}]")
    return "\n".join((*head, *lines)) + "\n"


QUESTION = '[step.ask]\nquestion = { en = "What?", zh = "什么" }\n'
WRONG = 'wrong = { en = "No.", zh = "不。" }'
BELIEF = 'belief = { en = "a belief", zh = "误解" }'
