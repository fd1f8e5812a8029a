"""Every lesson of the course, on the live kernel, as root and as nobody; and lessons that lie."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from command import NOBODY, SOCKVIZ, complaint, run
from course_runs import played
from lesson_texts import EXPLAIN, QUESTION, SAY, WRONG, choice, step, text

from sockviz.events import Ended, Marked, decode
from sockviz.lessons import catalogue
from sockviz.lessons.text import LANGUAGES, columns

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]


@pytest.fixture(params=["as we are", "as nobody"])
def user(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "as we are":
        return []
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    if (done := run("--headless", "--clients", "0", "--source", "lab", prefix=NOBODY)).returncode:
        pytest.skip(f"another user can't have the lab: {done.stderr.strip()}")
    return NOBODY


@pytest.mark.parametrize("name", catalogue.names())
def test_a_lesson_is_true(name: str, user: list[str]) -> None:
    done = played(name, *user)
    assert done.returncode == 0, done.stderr
    lesson = catalogue.find(name)
    assert done.stderr.count("  ok  ") == len(lesson.step)
    events = [decode(line) for line in done.stdout.splitlines()]
    assert isinstance(events[-1], Ended)
    marks = [event.text for event in events if isinstance(event, Marked)]
    assert [f"{name} {n}: {one.id}" for n, one in enumerate(lesson.step, 1)] == [
        mark for mark in marks if mark.startswith(f"{name} ")
    ]


def wrong(tmp_path: Path, *steps: str, language: str = "en") -> tuple[int, list[str]]:
    """Status and report of a lesson."""
    path = tmp_path / "wrong.toml"
    path.write_text(text(*steps), encoding="utf-8")
    done = run("lesson", str(path), "--headless", "--lang", language, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, [" ".join(line.split()) for line in done.stderr.splitlines()]


def test_a_lie_about_a_state(tmp_path: Path) -> None:
    """What was expected, and what the kernel had; and the lesson goes on, since more may be wrong."""
    status, said = wrong(
        tmp_path,
        step("lie", SAY, 'do = [{ connect = 1 }, { release = "SYN" }]', 'timeout = "1s"',
             'expect = [{ socket = "server 1", state = "ESTABLISHED" }, { queue = "SYN", depth = 1 }]'),
        step("truth", SAY, 'expect = [{ socket = "server 1", state = "SYN_RECV", owner = false }]'),
        step("lie-2", SAY, 'timeout = "1s"', 'expect = [{ queue = "accept", depth = "accept_limit" }]'),
    )  # fmt: skip
    assert status == 1
    assert said == [
        "test: T",
        "1 no lie",
        "expected server 1: state ESTABLISHED",
        "the kernel had state SYN_RECV",
        "2 ok truth",
        "3 no lie-2",
        "expected accept queue: depth accept_limit (2)",
        "the kernel had depth 0",
        "steps in which the kernel did something else than expected: 2",
    ]


def test_a_lie_is_told_in_chinese(tmp_path: Path) -> None:
    lie = 'expect = [{ socket = "server 1", state = "ESTABLISHED", owner = true }]'
    never = 'do = [{ recv = "server 1" }]'
    status, said = wrong(
        tmp_path,
        step("lie", SAY, 'do = [{ connect = 1 }, { release = "SYN" }]', 'timeout = "1s"', lie),
        step("never", SAY, 'timeout = "1s"', never),
        language="zh",
    )
    assert status == 1
    assert said[1:7] == [
        "1 no lie",
        "预期 服务器 1\uff1a状态=ESTABLISHED\uff0c有所属进程=是",
        "内核实际 状态=SYN_RECV\uff0c有所属进程=否",
        "2 no never",
        "预期 recv server 1\uff1a服务器 1 的描述符",
        "内核实际 线路上\uff1aSYN-ACK\uff0c属于连接 1",
    ]


def test_a_lie_about_what_comes_true(tmp_path: Path) -> None:
    choices = choice("yes", '{ wire = "RST" }', WRONG) + choice("no", '{ sent = "RST", count = 1 }', WRONG)
    status, said = wrong(
        tmp_path, step("ask", SAY, "do = [{ connect = 1 }]", 'timeout = "1s"', QUESTION + choices)
    )
    assert status == 1
    assert said[1:7] == [
        "1 no ask",
        "expected exactly one choice comes true",
        "the kernel had none did",
        "expected choice 1: on the wire: RST: >= 1",
        "the kernel had 0",
        "expected choice 2: sent: RST: 1",
    ]


def test_a_wrong_choice_without_a_reason(tmp_path: Path) -> None:
    """A learner who is wrong must be told why: it is found out which choices can be wrong."""
    choices = choice("yes", '{ queue = "SYN", depth = 0 }') + choice("no", '{ queue = "SYN", depth = 1 }')
    status, said = wrong(tmp_path, step("ask", SAY, EXPLAIN, QUESTION + choices))
    assert status == 1
    assert "expected choice 2 says why it is wrong" in said


def test_what_can_t_be_done_ends_it(tmp_path: Path) -> None:
    status, said = wrong(
        tmp_path,
        step("do", SAY, 'do = [{ connect = 1 }, { recv = "server 1" }]', 'timeout = "1s"'),
        step("never", SAY),
    )
    assert status == 1
    assert said[1:] == [
        "1 no do",
        "expected recv server 1: a descriptor of server 1",
        "the kernel had on the wire: SYN of connection 1",
        "the lesson did not come to its end",
        "steps in which the kernel did something else than expected: 1",
    ]


def test_what_the_list_says_is_what_the_lessons_say() -> None:
    for told, lesson in zip(catalogue.headings(), catalogue.course(), strict=True):
        for name in ("id", "title", "summary", "minutes", "prerequisites"):
            assert getattr(told, name) == getattr(lesson, name)
        assert told.steps == tuple(step.id for step in lesson.step)
        assert told.choices == {step.id: len(step.ask.choices) for step in lesson.step if step.ask}


def test_the_list() -> None:
    done = run("lesson", "--list", "--json", "--lang", "en")
    assert done.returncode == 0
    listed = json.loads(done.stdout)
    assert [one["id"] for one in listed] == list(catalogue.names())
    for one, lesson in zip(listed, catalogue.course(), strict=True):
        assert set(one) == {"id", "title", "summary", "minutes", "prerequisites", "steps", "questions"}
        assert (one["title"], one["steps"]) == (lesson.title.en, len(lesson.step))
    for language in LANGUAGES:
        lines = run("lesson", "--list", "--lang", language).stdout.splitlines()
        assert len(lines) == 2 * len(listed)
        assert all(
            lesson.title.of(language) in line
            for lesson, line in zip(catalogue.course(), lines[::2], strict=True)
        )


def test_the_language_is_the_locale_s_unless_it_is_said() -> None:
    chinese, english = catalogue.find("handshake").title.zh, catalogue.find("handshake").title.en
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    for variables, title in (
        ({"LANG": "zh_CN.UTF-8"}, chinese),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, english),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "C"}, chinese),
        ({"LANG": "de_DE.UTF-8"}, english),
    ):
        env = {**environment, "PYTHONUTF8": "1", **variables}
        assert title in run("lesson", "--list", env=env).stdout
    assert (
        english in run("lesson", "--list", "--lang", "en", env={**environment, "LANG": "zh_CN.UTF-8"}).stdout
    )


def test_every_lesson_is_in_the_course_and_in_order() -> None:
    files = {path.stem for path in catalogue.DATA.glob("*.toml")}
    assert files <= set(catalogue.COURSE)
    for lesson in catalogue.course():
        assert catalogue.from_file(catalogue.DATA / f"{lesson.id}.toml") == lesson


def test_choices_stand_on_one_line() -> None:
    for lesson in catalogue.course():
        for one in lesson.step:
            for option in one.ask.choices if one.ask else ():
                assert all(columns(option.text.of(language)) <= 72 for language in LANGUAGES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--headless"], "name one lesson, or give --list or --check FILE"),
        (["handshake", "--list"], "name one lesson, or give --list or --check FILE"),
        (["handshake", "--json"], "--json goes with --list"),
        (["--list", "--lang", "fr"], "--lang: 'fr' is none of en, zh"),
        (["--chek", "x"], "there is no option '--chek'"),
    ],
)
def test_wrong_use(arguments: list[str], message: str) -> None:
    assert complaint("lesson", *arguments).startswith(message)


def test_a_prerequisite_that_comes_later_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "handshake.toml"
    source = (catalogue.DATA / "handshake.toml").read_text(encoding="utf-8")
    path.write_text(source.replace('["descriptors"]', '["accept"]'), encoding="utf-8")
    assert "'accept' comes after 'handshake' in the course" in complaint("lesson", "--check", str(path))
    path.write_text(source.replace('["descriptors"]', '["nothing"]'), encoding="utf-8")
    said = complaint("lesson", "--check", str(path))
    assert said.startswith(f"{path}:4: prerequisites 1: there is no lesson 'nothing' in the course: known")


def test_it_can_be_recorded(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    done = run("lesson", "handshake", "--headless", "--record", str(path))
    assert done.returncode == 0
    assert path.read_text() == done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_ended_has_not_come_to_its_end(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    command = [*SOCKVIZ, "lesson", "handshake", "--headless", "--lang", "en", "--record", str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr
        assert any("  ok  " in line for line in process.stderr)
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(60) == 128 + number
    assert said.splitlines()[-1] == "the lesson did not come to its end"
    assert isinstance(decode(path.read_bytes().splitlines()[-1]), Ended)
