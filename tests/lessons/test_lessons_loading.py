"""What is no lesson is refused in one line that says where, what, and what was expected."""

import re
from pathlib import Path

import pytest
from command import complaint, run
from hypothesis import given
from hypothesis import strategies as st
from lesson_texts import BELIEF, EXPLAIN, QUESTION, SAY, WRONG, choice, lesson, step, text

from sockviz.errors import UserError
from sockviz.lessons import catalogue
from sockviz.lessons.actions import Release
from sockviz.lessons.loading import LARGEST, MOST_ACTIONS, LessonError, load, parse

ASK = QUESTION + choice("one", '{ queue = "SYN", depth = 0 }') + choice("two", '{ queue = "SYN", depth = 1 }')


def flaw(*steps: str, setup: str = "") -> tuple[int, str]:
    """The line and the message of what is wrong."""
    with pytest.raises(LessonError) as caught:
        lesson(*steps, setup=setup)
    return caught.value.line, caught.value.message


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        # unknown things
        ([SAY, "do = [{ conect = 1 }]"], 9, "do 1: unknown action 'conect': did you mean 'connect'?"),
        ([SAY, 'expect = [{ wire = "SYN" },', '  { sokket = "client 1" }]'], 10,
         "expect 2: unknown fact 'sokket': did you mean 'socket'?"),
        ([SAY, 'point = [{ elbow = "left" }]'], 9, "point 1: unknown point 'elbow': known are host, end"),
        ([SAY, 'sey = { en = "a", zh = "b" }'], 9, "unknown field 'sey': did you mean 'say'?"),
        ([SAY, 'do = [{ release = "SYN", conection = 1 }]'], 9,
         "do 1: unknown field 'conection': did you mean 'connection'?"),
        ([SAY, 'do = [{ again = "nowhere" }]'], 9, "do 1: there is no step 'nowhere': known are one"),
        ([SAY, 'do = [{ close = "left" }]'], 9, "do 1: there is no program 'left': known are server"),
        ([SAY, 'expect = [{ queue = "accept", depth = "capacity" }]'], 9,
         "expect 1, depth: 'capacity' is no number: known are backlog, accept_limit"),
        ([SAY, 'expect = [{ counter = "ListenOverflow", rise = 0 }]'], 9,
         "expect 1: unknown counter 'ListenOverflow': did you mean 'ListenOverflows'?"),
        ([SAY, 'point = [{ counter = "Nothing" }]'], 9, "point 1: unknown counter 'Nothing'"),
        ([SAY, 'expect = [{ call = "client 1", error = "ECONREFUSED" }]'], 9,
         "expect 1: unknown errno 'ECONREFUSED': did you mean 'ECONNREFUSED'?"),
        ([SAY, 'expect = [{ call = "client 1", error = "XYZZY" }]'], 9,
         "expect 1: unknown errno 'XYZZY': the reference"),
        ([SAY, 'expect = [{ call = "client 1", name = "read", blocked = true }]'], 9,
         "expect 1, name: one of socket, setsockopt, bind, listen, accept"),
        ([SAY, 'do = [{ open = "listener", fails = "EINUSE" }]'], 9, "do 1: unknown errno 'EINUSE'"),
        ([SAY, 'do = [{ accept = "client 1" }]'], 9, "do 1: it is the listening socket that accepts"),
        ([SAY, 'expect = [{ sent = "SYN", to_port = "8001" }]'], 9,
         'expect 1: to_port: two bytes like "1f 41"'),
        ([SAY, ASK, "[[step.ask.choices]]", 'text = { en = "a", zh = "b" }', "if = []"], 18,
         "ask, choices 3: if: at least one fact"),
        # translations
        (['say = { en = "only" }'], 8, "say: the Chinese text (zh) is missing"),
        (['say = { zh = "只有" }'], 8, "say: the English text (en) is missing"),
        (['say = "only"'], 8, "say: a text in each language was expected: { en = …, zh = … }, not 'only'"),
        (['say = { en = "a", zh = " " }'], 8, "say, zh: the Chinese text is empty"),
        (['say = { en = "\\u001b[31m", zh = "b" }'], 8, "say, en: a text may not contain control characters"),
        ([f'say = {{ en = "{"word " * 80}", zh = "b" }}'], 8,
         "say, en: the English text takes 399 columns, and there is room for 320"),
        ([f'say = {{ en = "a", zh = "{"字" * 161}" }}'], 8,
         "say, zh: the Chinese text takes 322 columns, and there is room for 320"),
        ([SAY, 'notes = { en = "Point at it." }'], 9, "notes: the Chinese text (zh) is missing"),
        ([SAY, f'notes = {{ en = "{"word " * 130}", zh = "b" }}'], 9,
         "notes, en: the English text takes 649 columns, and there is room for 560"),
        # types
        ([SAY, "do = { connect = 1 }"], 9, "do: a list [ … ] was expected, not a table"),
        ([SAY, 'do = ["connect"]'], 9,
         "do 1: an action was expected, as in { connect = 1 }, not 'connect'"),
        ([SAY, "do = [{}]"], 9, "do 1: an action was expected, as in { connect = 1 }; this table is empty"),
        ([SAY, "do = [{ connect = true }]"], 9,
         "do 1, connect: a whole number or an expression was expected, not true"),
        ([SAY, 'do = [{ connect = ">= 2" }]'], 9, "do 1: a number of clients was expected, not a comparison"),
        ([SAY, 'expect = [{ socket = "client", state = "LISTEN" }]'], 9,
         'expect 1, socket: an end like "client 1" or "server 2" was expected, not \'client\''),
        ([SAY, 'expect = [{ socket = "client 1", state = "ESTABLISHD" }]'], 9,
         "expect 1, state: one of LISTEN, SYN_SENT"),
        ([SAY, 'expect = [{ socket = "client 1", state = "estab" }]'], 9,
         ("expect 1, state: one of LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT1, FIN_WAIT2, "
          "CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT, none was expected, not 'estab': "
          "did you mean 'ESTABLISHED'?")),
        ([SAY, 'do = [{ release = "SYN_ACK" }]'], 9,
         "do 1, release: one of next, all, rest, SYN, SYN-ACK, ACK"),
        ([SAY, 'expect = [{ socket = "client 1", owner = 1 }]'], 9,
         "expect 1, owner: true or false was expected, not the number 1"),
        ([SAY, 'expect = [{ connection = "1", ghost = true }]'], 9,
         "expect 1, connection: a whole number was expected, not '1'"),
        ([SAY, "expect = [{ connection = true, ghost = true }]"], 9,
         "expect 1, connection: a whole number was expected, not true"),
        ([SAY, 'expect = [{ wire = "SYN" }]', 'stays = "2 minutes"'], 10,
         'stays: a time like "400ms", at most "120s", was expected'),
        # incomplete, or without sense
        ([SAY, 'expect = [{ socket = "client 1" }]'], 9, "expect 1: this fact says nothing"),
        ([SAY, 'expect = [{ queue = "SYN", full = true }]'], 9,
         "expect 1: only the accept queue has a limit that the kernel tells"),
        ([SAY, 'expect = [{ sockets = "client" }]'], 9, "expect 1: 'count' is missing"),
        ([SAY, 'do = [{ send = "client 1" }]'], 9, "do 1: give what to send: text, or bytes"),
        ([SAY, 'stays = "1s"'], 6, "stays is about what is expected: there is no expect"),
        (["do = [{ connect = 1 }]"], 6, "a step says, asks or explains something"),
        ([SAY, QUESTION + choice("one", '{ wire = "SYN" }')], 9, "ask: 2 to 5 choices were expected"),
        ([SAY, QUESTION + 'choices = [{ text = { en = "a", zh = "b" } }]'], 11,
         "ask, choices 1: 'if' is missing"),
        ([SAY, 'expect = [{ not = { any = [{ wire = "SYN" }, { wire = "FOO" }] } }]'], 9,
         "expect 1, not, any 2, wire: one of any, SYN, SYN-ACK"),
    ],
)  # fmt: skip
def test_a_step_that_is_wrong(lines: list[str], line: int, message: str) -> None:
    found, said = flaw(step("one", *lines))
    assert said.startswith((f'step "one", {message}', f'step "one": {message}')), said
    assert found == line, said


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('id = "test"', 'id = "Test me"', 1, "id: small letters, digits and hyphens were expected"),
        ('id = "test"\n', "", 1, "'id' is missing"),
        ("minutes = 1", "minutes = 0", 1, "minutes are a whole number from 1 to 60"),
        ("minutes = 1", "minutes = 1.5", 4, "minutes: a whole number was expected, not the number 1.5"),
        ("minutes = 1", "minuts = 1", 4, "unknown field 'minuts': did you mean 'minutes'?"),
        (
            "minutes = 1",
            'minutes = 1\nprerequisites = ["test"]',
            5,
            "prerequisites: the lesson 'test' would come before itself",
        ),
        ("minutes = 1", "minutes = ", 4, "this is not TOML: Invalid value"),
        ("minutes = 1", 'minutes = 1\nid = "again"', 5, "this is not TOML: Cannot overwrite a value"),
        ("[[step]]", "[setup]\nbacklog = -1\n[[step]]", 6, "setup: a backlog is from 0 to 65535"),
        (
            "[[step]]",
            "[setup.sysctls]\nserver = { net.ipv4.tcp_retries2 = 3 }\n[[step]]",
            7,
            'setup, sysctls, server, net: a name with dots stands in quotes, as in "net.…" = 0',
        ),
        ("[[step]]", '[setup]\nwire = "held"\n[[step]]', 7, "setup, wire: one of hold, flow was expected"),
        (
            '[[step]]\nid = "one"',
            '[[step]]\nid = "two"',
            11,
            'step "two", id: there is another step with this id',
        ),
    ],
)
def test_a_head_that_is_wrong(old: str, new: str, line: int, message: str) -> None:
    good = text(step("one", SAY), step("two", SAY))
    assert old in good
    with pytest.raises(LessonError, match=re.escape(message)) as caught:
        parse(good.replace(old, new, 1))
    assert caught.value.line == line


def test_no_steps_and_too_many() -> None:
    assert flaw()[1] == "there is no [[step]]"
    assert "1 to 60 steps" in flaw(*(step(f"s{n}", SAY) for n in range(61)))[1]


@pytest.mark.parametrize(
    ("lines", "line", "hint"),
    [
        # what is not TOML, as it is often written
        (['say = { en = "the "word"", zh = "话" }'], 8, 'a " within a text is written \\"'),
        (['say = { en = “words”, zh = "话" }'], 8, "quotes, brackets, commas and ="),
        (["say = { en = 'a', zh = 'b' }", "do = [{ connect = 1 }，]"], 9, "quotes, brackets"),  # noqa: RUF001
        ([SAY, "do = [{ connect = 1,", "  port = 5000 }]"], 9, "a { … } stands on one line"),
        ([SAY, "do = [{ connect = 1, }]"], 9, "with no comma at its end"),
        ([SAY, 'do = [{ connect = 1 } { accept = "listener" }]'], 9, "a { … } stands on one line"),
        (["say: hello"], 8, "a field is written name = value"),
        ([SAY, "[step]", 'id = "two"'], 9, "each step begins with [[step]]"),
        # in the wrong table
        ([SAY, QUESTION, "explain = { en = 'a', zh = 'b' }"], 12, "write it above [step.ask]"),
        ([SAY, ASK, "do = [{ connect = 1 }]"], 18, "write it above [step.ask]"),
        ([SAY, "[[step.choices]]"], 9, "each answer in [[step.ask.choices]]"),
        ([SAY, "question = { en = 'a', zh = 'b' }"], 9, "the question stands in [step.ask]"),
    ],
)  # fmt: skip
def test_a_slip_gets_a_hint(lines: list[str], line: int, hint: str) -> None:
    with pytest.raises(LessonError) as caught:
        lesson(step("one", *lines))
    assert hint in caught.value.hint, (caught.value.message, caught.value.hint)
    assert caught.value.line == line, caught.value.message


def test_a_mark_before_the_text_is_no_flaw(tmp_path: Path) -> None:
    path = tmp_path / "marked.toml"
    path.write_text(text(step("one", SAY)), encoding="utf-8-sig")
    assert load(path).id == "test"


# doing again


def test_again_does_what_the_other_step_does() -> None:
    found = lesson(
        step("one", SAY, 'do = [{ release = "SYN" }, { release = "ACK" }]'),
        step("two", SAY, 'do = [{ connect = 1 }, { again = "one" }, { release = "FIN" }]'),
    )
    released = [action.release for action in found.step[1].do if isinstance(action, Release)]
    assert released == ["SYN", "ACK", "FIN"]
    assert len(found.step[1].do) == 4


def test_loops_are_refused() -> None:
    line, said = flaw(
        step("one", SAY, 'do = [{ again = "two" }]'), step("two", SAY, 'do = [{ again = "one" }]')
    )
    assert said == 'step "two", do 1: this goes round in a circle: one → two → one'
    assert line == 14
    assert flaw(step("one", SAY, 'do = [{ again = "one" }]'))[1].endswith("circle: one → one")


def test_again_that_doubles_is_refused() -> None:
    """However little is done in the end, nobody waits for it to be found out."""
    steps = [step("s0", SAY)]
    steps += [
        step(f"s{n}", SAY, f'do = [{{ again = "s{n - 1}" }}, {{ again = "s{n - 1}" }}]') for n in range(1, 50)
    ]
    assert f"a step does at most {MOST_ACTIONS} things" in flaw(*steps)[1]


def test_programs_are_started_before_they_are_spoken_of() -> None:
    lesson(
        step("one", SAY, 'do = [{ start = "left", host = "client" }, { call = "socket", program = "left" }]')
    )
    twice = '{ start = "left", host = "client" }'
    assert "there is a program 'left' already" in flaw(step("one", SAY, f"do = [{twice}, {twice}]"))[1]


def test_a_question_is_complete() -> None:
    found = lesson(step("one", SAY, EXPLAIN, ASK)).step[0].ask
    assert found is not None
    assert [one.text.en for one in found.choices] == ["one", "two"]
    both = QUESTION + choice("one", '{ wire = "SYN" }', WRONG, BELIEF) * 2
    assert lesson(step("one", SAY, both)).step[0].ask.choices[0].belief.zh == "误解"


def test_texts_are_joined_over_line_ends() -> None:
    chinese = "\n第一行、\n第二行 SYN\n第三行\uff0c\n`S`"
    say = f'say = {{ en = """\nTwo\n  lines, `code`. """, zh = """{chinese}"""}}'
    found = lesson(step("one", say))
    assert found.step[0].say.en == "Two lines, `code`."
    assert found.step[0].say.zh == "第一行、第二行 SYN 第三行\uff0c`S`"


# files


def test_the_command_says_where(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text(step("one", SAY, "do = [{ conect = 1 }]")), encoding="utf-8")
    said = complaint("lesson", "--check", str(path))
    assert said.startswith(f"{path}:9: step \"one\", do 1: unknown action 'conect': did you mean 'connect'?")
    assert complaint("lesson", str(path), "--headless") == said
    path.write_text(text(step("one", SAY)), encoding="utf-8")
    done = run("lesson", "--check", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path}: lesson test, 1 step, 0 questions\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "is no lesson: it is not UTF-8 text"),
        (b"", "'id' is missing"),
        (b"a = 1", "unknown field 'a'"),
        (b"a = " + b"[" * 5000, "this is not TOML"),
        (b"x = 1 # \x1b[31m\n", "this is not TOML: Found invalid character '\\x1b'"),
        (b"#" * (LARGEST + 1), "is no lesson: it is larger than 1000 kB"),
    ],
)
def test_any_file_gets_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(message)) as caught:
        load(path)
    assert caught.value.line().isprintable()
    assert caught.value.kind == "lesson"


@pytest.mark.parametrize("name", ["/nowhere/at/all.toml", "/", "/dev/null/x.toml", "a\0b.toml"])
def test_files_that_cant_be_read(name: str) -> None:
    with pytest.raises(UserError, match="can't read"):
        load(Path(name))


def test_a_lesson_that_does_not_exist() -> None:
    assert (
        complaint("lesson", "handshak", "--headless")
        == "there is no lesson 'handshak' (did you mean handshake?)"
    )
    assert "--list" in complaint("lesson", "xyzzy", "--headless")


@given(st.text(max_size=200))
def test_any_text_is_a_lesson_or_is_told_where_not(given: str) -> None:
    with pytest.raises(LessonError) as caught:
        parse(given)
    assert 1 <= caught.value.line <= given.count("\n") + 1
    assert caught.value.message.isprintable()


_SOURCE = (catalogue.DATA / "handshake.toml").read_text(encoding="utf-8")


@given(st.integers(0, len(_SOURCE)), st.integers(0, 40), st.text(alphabet='a1"[]{}=,\n.', max_size=3))
def test_a_damaged_lesson_loads_or_is_told_where_not(at: int, gone: int, instead: str) -> None:
    damaged = _SOURCE[:at] + instead + _SOURCE[at + gone :]
    said = _flaw_of(damaged)
    if said is not None:
        assert 1 <= said.line <= damaged.count("\n") + 1
        assert said.message.isprintable()


def _flaw_of(given: str) -> LessonError | None:
    try:
        parse(given)
    except LessonError as error:
        return error
    return None
