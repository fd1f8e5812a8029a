"""The whole stage in Chinese, on the events of a real run: what is said at first, and by each key."""

import re

import pytest
from rich.cells import cell_len
from staging import recorded, screen_text, sent, staged, up_to

from sockviz import arguments
from sockviz.errors import UserError

BY_HAND = recorded("by-hand-lab")
SIZES = {"wide": (120, 36), "small": (80, 24)}
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
NAMES = re.compile(r"(seq|ack) \d+|sockviz (run|lesson|watch)|while data|def \w+|\b[0-9a-f]{2} [0-9a-f]{2}\b")
"""Commands, and what packets are read by, in every language."""


def check(pilot) -> str:
    """Every row is as wide as the terminal, and none is in English."""
    text = screen_text(pilot.app)
    for line in text.splitlines():
        assert cell_len(line) == pilot.app.size.width
    left = ENGLISH.findall(NAMES.sub("", text))
    assert not left, f"{left}\n{text}"
    return text


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_the_stage(size):
    async with staged(up_to(BY_HAND, sent(1)), size, language="zh") as pilot:
        text = check(pilot)
        assert "客户端" in text
        assert "扣住" in text
        assert "放行" in text
        assert "SYN_SENT" in text
        for key in ("i", "i", "P", "P", "a", "g", "t", "x", "space", "left", "right"):
            await pilot.press(key)
            await pilot.pause()
            check(pilot)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_nothing_yet(size):
    async with staged(
        up_to(BY_HAND, lambda event: type(event).__name__ == "ListenerSampled"), size, language="zh"
    ) as pilot:
        assert "按 c：一个客户端来连接" in check(pilot)  # noqa: RUF001 - Chinese


async def test_help_questions_and_the_palette():
    async with staged(BY_HAND, language="zh") as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "放行扣得最久的报文" in check(pilot)
        await pilot.press("escape", "C")
        await pilot.pause()
        assert "要连接多少个客户端" in check(pilot)
        await pilot.press("escape", "m")
        await pilot.pause(0.2)
        text = check(pilot)
        assert "搜索操作" in text
        assert "放行下一个" in text


@pytest.mark.parametrize(
    "given", ["--lang zh", "replay a.jsonl --lang zh", "run --server x --lang zh", "lesson --lang zh"]
)
def test_it_can_be_asked_for(given):
    assert arguments.parse(given.split()).language == "zh"


def test_what_has_one_language_only_says_so():
    with pytest.raises(UserError, match="there is no option '--lang'"):
        arguments.parse(["watch", "--lang"])
