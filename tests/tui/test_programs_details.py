"""What the inspector tells of the user's own programs."""

import pytest
from staging import Replayed, begun, screen_text, until
from test_programs import CHAT, COLOURS, known, started

from sockviz import events
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.controls.inspector import Inspector
from sockviz.tui.programs.app import ProgramsApp
from sockviz.tui.programs.details import programs
from sockviz.tui.view import StageView

SECOND = 1_000_000_000


def told(*more, now=3 * SECOND):
    return [line.plain for line in programs(StageView(world=known(*more), now=now), COLOURS)]


def about(name, lines):
    """The lines of one program."""
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"{name}  "))
    end = next((at for at in range(begin, len(lines)) if not lines[at]), len(lines))
    return lines[begin:end]


def test_who_it_is_and_what_it_is_blocked_in():
    lines = about("server", told())
    assert lines[0] == "server  pid 11"
    assert lines[1].split() == ["command", "./chat_server", "8001"]
    assert lines[2].split() == ["status", "running"]
    assert lines[3].split()[:2] == ["main", "accept4(3)"]
    assert lines[3].endswith("blocked 2 s")
    assert lines[-1].split() == ["printed", "11", "B"]


def test_who_has_ended_comes_last_with_its_status_alone():
    lines = told()
    ended = about("client 2", lines)
    assert lines[-len(ended) :] == ended
    assert [line.split(maxsplit=1) for line in ended[2:]] == [
        ["status", "ended with status 1"],
        ["printed", "0 B"],
    ]


def test_a_forked_process_names_its_parent_and_its_user_is_the_parents_own():
    forked = started(14, "server/1", "./chat_server 8001", parent=11, user="ada")
    lines = about("server/1", told(forked, events.ThreadSampled(
        t=50, host="server", pid=14, thread="main", name="read", fd=4
    )))  # fmt: skip
    assert ["user", "ada"] in [line.split() for line in lines]
    assert ["parent", "server, pid 11"] in [line.split(maxsplit=1) for line in lines]
    assert any("read(4)" in line and line.endswith("read from proc") for line in lines)


def test_what_a_program_calls_itself_is_no_escape_sequence():
    named = events.CommandChanged(t=50, host="server", pid=11, command="\x1b]0;evil\x07")
    assert all(line.isprintable() for line in told(named))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_inspector_shows_it_unless_something_is_selected(size):
    link = Replayed(CHAT)
    app = ProgramsApp(lambda: Run(Plan(), link), clock=lambda: 0)
    async with app.run_test(size=size) as pilot:
        await begun(pilot)
        await pilot.press("i")
        await until(pilot, lambda: "command" in shown(app) and "./chat_server 8001" in shown(app))
        assert app.screen.query_one(Inspector).border_title == "programs"


def shown(app):
    """What is in the inspector, as far as it is seen."""
    region = app.screen.query_one(Inspector).region
    rows = screen_text(app).splitlines()[region.y : region.bottom]
    return "\n".join(row[region.x : region.right] for row in rows)
