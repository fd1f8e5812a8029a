"""The widgets in a running app: what they draw again, what clicks say, scrolling, themes, sizes."""

from dataclasses import fields, replace

import pytest
from drawn import Artist
from gallery import Gallery
from scenes import SCENES, accepted, closing, full, listening, swarm, syn_recv
from story import DELAY, MS, S, Story
from textual.geometry import Region
from textual.widget import Widget

from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK, LIGHT, PLAIN
from sockviz.tui.widgets.caption import Caption
from sockviz.tui.widgets.drawing import Drawing
from sockviz.tui.widgets.host import HostPanel
from sockviz.tui.widgets.ladder import Ladder
from sockviz.tui.widgets.messages import ConnectionPicked, SegmentPicked
from sockviz.tui.widgets.table import SocketTable
from sockviz.tui.widgets.wire import WireView

SIZE = (120, 36)


class Stage(Gallery):
    """Collects what clicks say and which rows are drawn again."""

    def __init__(self, view, theme="sockviz-dark"):
        super().__init__(view, theme, (13, 16), tabs=False)
        self.said = []

    def on_connection_picked(self, message: ConnectionPicked) -> None:
        self.said.append((message.connection, message.host))

    def on_segment_picked(self, message: SegmentPicked) -> None:
        self.said.append(message.segment)


def text_of(widget):
    return "\n".join(widget.render_line(y).text for y in range(widget.size.height))


def place(widget, text):
    """Where `text` is in a widget."""
    lines = text_of(widget).splitlines()
    y = next(y for y, line in enumerate(lines) if text in line)
    return lines[y].index(text), y


@pytest.fixture(autouse=True)
def _in_colour(monkeypatch):
    """Whatever the tests run in."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def refreshed(monkeypatch):
    """Widget → the regions that were asked to be drawn again."""
    asked = {}
    refresh = Drawing.refresh

    def record(self, *regions, **how):
        asked.setdefault(type(self), []).append(regions)
        return refresh(self, *regions, **how)

    monkeypatch.setattr(Drawing, "refresh", record)
    return asked


async def test_every_widget_shows_the_view():
    app = Stage(syn_recv())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "■2 ░ SYN_SENT" in text_of(app.query_one("#client", HostPanel))
        assert "■2 ▒ SYN_RECV" in text_of(app.query_one("#server", HostPanel))
        assert "■2 SYN-ACK" in text_of(app.query_one(WireView))
        assert "■2 SYN-ACK" in text_of(app.query_one(Ladder))
        assert "10.0.0.2:44736" in text_of(app.query_one(SocketTable))
        assert "no program knows of it" in text_of(app.query_one(Caption))


async def test_clicks_say_what_was_clicked_on():
    app = Stage(syn_recv())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for selector, text in (
            ("#server", "SYN_RECV"),
            ("#client", "SYN_SENT"),
            ("WireView", "SYN-ACK"),
            ("Ladder", "●SYN_RECV"),
            ("SocketTable", "10.0.0.2:44734 ESTABLISHED"),
        ):
            await pilot.click(selector, offset=place(app.query_one(selector), text))
        await pilot.click("WireView", offset=(0, 12))
        assert app.said == [(2, "server"), (2, "client"), 5, (1, "server"), (1, "server")]


async def test_nothing_is_drawn_again_while_nothing_changes(refreshed):
    app = Stage(accepted())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        refreshed.clear()
        app.present()
        await pilot.pause()
        assert refreshed == {}


async def test_a_moving_packet_draws_its_own_rows_only(refreshed):
    story = Story()
    story.send(0, 1, "client", "SYN")
    view = story.view(100 * MS)
    app = Stage(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        refreshed.clear()
        app._view = replace(view, now=200 * MS)
        app.present()
        await pilot.pause()
        assert set(refreshed) == {WireView}
        (regions,) = refreshed[WireView]
        assert 1 <= len(regions) <= 2
        assert all(region.height == 1 for region in regions)


async def test_rows_that_stay_the_same_are_made_into_strips_once():
    story = Story()
    story.send(0, 1, "client", "SYN")
    view = story.view(100 * MS)
    app = Stage(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        wire = app.query_one(WireView)
        before = wire.render_lines(wire.size.region)
        app._view = replace(view, now=200 * MS)
        app.present()
        after = wire.render_lines(wire.size.region)
        assert {old is new for old, new in zip(before, after, strict=True) if old == new} == {True}
        assert 1 <= sum(old != new for old, new in zip(before, after, strict=True)) <= 2


async def test_a_wire_with_nothing_on_it_is_not_drawn_for_every_frame(monkeypatch):
    view, drawn = listening(), []
    draw = WireView._draw
    monkeypatch.setattr(
        WireView, "_draw", lambda self, view, *more: drawn.append(view.now) or draw(self, view, *more)
    )
    app = Stage(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        drawn.clear()
        for frame in range(30):
            app._view = replace(view, now=view.now + frame * S // 30)
            app.present()
        assert 1 < len(drawn) <= 11


@pytest.mark.parametrize("colourless", [False, True])
@pytest.mark.parametrize("scene", [accepted, full, swarm])
async def test_rows_look_as_textual_would_draw_them(scene, colourless, monkeypatch):
    if colourless:
        monkeypatch.setenv("NO_COLOR", "1")
    app = Stage(scene())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for theme in ("sockviz-dark", "sockviz-light"):
            app.theme = theme
            await pilot.pause()
            for widget in app.query(Drawing):
                width, height = widget.size
                for part in (widget.size.region, Region(3, 1, width - 5, max(0, height - 2))):
                    assert cells(widget.render_lines(part)) == cells(Widget.render_lines(widget, part))


def cells(strips):
    """Row by row the style of each character."""
    return [[(char, part.style) for part in strip for char in part.text] for strip in strips]


class Untouchable:
    """Whatever is done with it is a failure."""

    def fail(self, *_):
        raise AssertionError("it is looked at")

    __getattr__ = __bool__ = __iter__ = __len__ = __contains__ = __getitem__ = __eq__ = __lt__ = fail
    __hash__ = None


@pytest.mark.parametrize("density", Density)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_a_hosts_panel_is_made_of_what_it_says(scene, density):
    view = replace(scene(), density=density)
    others = {field.name for field in fields(view.world)} - set(HostPanel.reads)
    assert {"wire", "tables", "t"} <= others
    bare = replace(view, world=replace(view.world, **dict.fromkeys(others, Untouchable())))
    artist = Artist(46, 30)
    assert (artist.client(bare), artist.server(bare)) == (artist.client(view), artist.server(view))


async def test_the_age_of_a_state_goes_on_though_nothing_happens(refreshed):
    view = syn_recv()
    app = Stage(view)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        server = app.query_one("#server", HostPanel)
        assert "3 s" in text_of(server)
        app._view = replace(view, now=view.now + 2 * S)
        app.present()
        assert "5 s" in text_of(server)


async def test_a_lost_packet_lies_where_it_was_seen_last():
    story = Story()
    number = story.send(0, 1, "client", "SYN", due=DELAY)
    app = Stage(story.view(DELAY * 3 // 4))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        wire = app.query_one(WireView)
        before = place(wire, "●1")
        story.flying.clear()
        story.arrows[0] = replace(story.arrows[0], dropped=DELAY * 3 // 4, cause="operator")
        app._view = story.view(DELAY)
        app.present()
        assert "✗" in text_of(wire)
        assert place(wire, "●1") == before
        assert number == 1


async def test_the_ladder_follows_the_newest_until_it_is_scrolled_back():
    app = Stage(closing())
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        ladder = app.query_one(Ladder)
        newest = text_of(ladder)
        assert "LAST_ACK" in newest
        assert "newer" not in newest
        await pilot.hover(Ladder)
        for _ in range(40):
            ladder.scroll_lines(-1)
        first = text_of(ladder)
        assert "●SYN_SENT" in first
        assert "newer · PgDn" in first
        for _ in range(10):
            ladder.action_page(1)
        assert text_of(ladder) == newest


async def test_what_is_looked_at_stays_when_something_new_comes():
    view = closing()
    app = Stage(replace(view, arrows=view.arrows[:-1]))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        ladder = app.query_one(Ladder)
        ladder.action_page(-1)
        before = text_of(ladder).splitlines()[:-1]
        app._view = view
        app.present()
        assert text_of(ladder).splitlines()[:-1] == before


async def test_one_connection_alone():
    app = Stage(full())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        ladder = app.query_one(Ladder)
        ladder.only_selected = True
        await pilot.pause()
        assert "◆4" in text_of(ladder)
        assert "●5" not in text_of(ladder)


async def test_the_table_scrolls_with_the_wheel():
    app = Stage(swarm())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        table = app.query_one(SocketTable)
        assert "LISTEN" in text_of(table)
        table.scroll_lines(1000)
        assert "◆64" in text_of(table)
        assert "LISTEN" not in text_of(table)
        table.action_page(-1)
        table.scroll_lines(-1000)
        assert "LISTEN" in text_of(table)


async def test_another_theme_repaints_everything():
    app = Stage(accepted())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        server = app.query_one("#server", HostPanel)
        assert server.colours is DARK
        app.theme = "sockviz-light"
        await pilot.pause()
        assert server.colours is LIGHT
        colours = {segment.style.color.name for segment in server.render_line(0) if segment.style.color}
        assert LIGHT.accent.color.name in colours
        grounds = {segment.style.bgcolor.name for segment in server.render_line(0)}
        assert grounds == {LIGHT_BACKGROUND}


LIGHT_BACKGROUND = "#fbfcfd"


async def test_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Stage(full())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        server = app.query_one("#server", HostPanel)
        assert server.colours is PLAIN
        assert "FULL" in text_of(server)
        assert "▒ SYN_RECV" in text_of(server)
        await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (12, 4), (1, 1), (200, 60)])
async def test_it_lives_in_any_size_and_when_the_size_changes(size):
    app = Stage(full())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.resize_terminal(*size)
        await pilot.pause()
        for widget in app.query(Drawing):
            assert all(
                len(widget.render_line(y).text) == widget.size.width for y in range(widget.size.height)
            )


async def test_before_the_first_view_there_is_an_empty_stage():
    app = Stage(listening())
    app.present = lambda: None
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert text_of(app.query_one(Caption)).strip() == ""
