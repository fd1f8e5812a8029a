"""Terminals of the user's programs are as large as their panes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from staging import Replayed, begun, until
from test_programs import CHAT, drawn, known, printed, started

from sockviz.intents import Command, Resize
from sockviz.session.plan import Plan
from sockviz.session.run import Run
from sockviz.tui.programs.app import ProgramsApp
from sockviz.tui.programs.at_first import terminals, view
from sockviz.tui.programs.choosing import HOSTS
from sockviz.tui.programs.panes import Keyboard, sizes
from sockviz.tui.programs.sizing import SETTLED, Sizing
from sockviz.tui.programs.widget import ProgramsView

SERVER, CLIENT = Keyboard("server", 11), Keyboard("client", 12)


@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 12))
def test_what_is_printed_fills_the_pane(width, height, clients):
    world = known(*(started(pid, f"client {pid}", "nc") for pid in range(20, 20 + clients)))
    panes = sizes(world, width, height)
    assert all(columns > 0 and rows > 0 for columns, rows in panes.values())
    assert Keyboard("client", 13) not in panes, "it has ended"
    assert all(columns <= width for columns, _ in panes.values())


def test_a_line_as_long_as_the_terminal_is_one_row():
    columns, rows = sizes(known(), 100, 20)[SERVER]
    assert "0" * columns in drawn(printing("0" * columns), 100, 20).text
    assert "0" * (columns + 1) not in drawn(printing("0" * (columns + 1)), 100, 20).text
    shown = drawn(printing("\r\n".join(f"row {row} of all" for row in range(rows))), 100, 20).text
    assert "row 0 of all" in shown
    assert f"row {rows - 1} of all" in shown


def printing(text):
    return known(printed(11, "server", "\r\n" + text), base=CHAT)


def test_nobody_is_told_before_the_panes_keep_their_sizes():
    sizing = Sizing()
    assert list(sizing.settle({SERVER: (50, 10)}, {}, 0)) == []
    assert list(sizing.settle({SERVER: (51, 10)}, {}, SETTLED)) == []
    (told,) = sizing.settle({SERVER: (51, 10)}, {}, 2 * SETTLED)
    assert told == Resize(host="server", pid=11, columns=51, rows=10, gently=True)
    assert list(sizing.settle({SERVER: (51, 10)}, {}, 3 * SETTLED)) == []


def test_what_a_terminal_has_is_not_told():
    sizing, known = Sizing(), {SERVER: (80, 24)}
    list(sizing.settle({SERVER: (80, 24)}, known, 0))
    assert list(sizing.settle({SERVER: (80, 24)}, known, SETTLED)) == []
    list(sizing.settle({SERVER: (60, 24)}, known, 2 * SETTLED))
    assert [told.columns for told in sizing.settle({SERVER: (60, 24)}, known, 3 * SETTLED)] == [60]
    list(sizing.settle({SERVER: (80, 24)}, known, 4 * SETTLED))
    assert [told.columns for told in sizing.settle({SERVER: (80, 24)}, known, 5 * SETTLED)] == [80]


@pytest.mark.parametrize("projector", [False, True])
@pytest.mark.parametrize("size", [(120, 36), (80, 24), (110, 30), (109, 41), (152, 50), (200, 61)])
async def test_terminals_are_at_first_as_large_as_their_panes_will_be(size, projector):
    link = Replayed(CHAT[:4])
    app = ProgramsApp(lambda: Run(Plan(), link), projector=projector)
    async with app.run_test(size=size) as pilot:
        await begun(pilot)
        shown = app.screen.query_one(ProgramsView).size
    assert view(*size, large=projector) == shown
    wanted = terminals([Command(host=host, text="x") for host in HOSTS], *size, large=projector)
    assert {pane.host: size for pane, size in sizes(known(base=CHAT[:4]), *shown).items()} == wanted


async def test_the_screen_tells_live_programs_and_tells_again_when_it_has_another_size():
    link = Replayed(CHAT)
    app = ProgramsApp(lambda: Run(Plan(), link))
    async with app.run_test(size=(120, 36)) as pilot:
        await begun(pilot)
        await until(pilot, lambda: len(link.asked) >= 2)
        assert {(wish.host, wish.pid) for wish in link.asked} == {("server", 11), ("client", 12)}
        view = app.screen.query_one(ProgramsView)
        wanted = sizes(known(), view.size.width, view.size.height)
        assert {Keyboard(w.host, w.pid): (w.columns, w.rows) for w in link.asked} == wanted
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: len(link.asked) >= 4)
        assert link.asked[2].columns != link.asked[0].columns
