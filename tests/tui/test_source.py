"""The source on the stage: which line a program is in, at any time; how it is drawn; its keys."""

import pytest
from staging import recorded, screen_text, staged
from story import S, Story, handshake

from sockviz.events import CallEntered, CallReturned, Header
from sockviz.listings import listing
from sockviz.session.timeline import Timeline
from sockviz.tui.density import Density
from sockviz.tui.palettes import DARK, PALETTES, PLAIN
from sockviz.tui.render.canvas import ActionTarget
from sockviz.tui.render.code import broken, code_of
from sockviz.tui.render.source import draw_source
from sockviz.tui.render.whereabouts import shows_toys, whereabouts
from sockviz.tui.view import Selection, StageView
from sockviz.world.model import World

BY_HAND = recorded("by-hand-lab")
LANGUAGES = ("python", "c")


def drawn(view, *languages, width=60, height=14, **more):
    return draw_source(
        view, languages or ("python",), width=width, height=height, colours=DARK, **more
    )  # fmt: skip


def at_once(host="server", connection=None):
    """What is chosen: a side, perhaps a connection."""
    return Selection(connection, host)


def timeline():
    found = Timeline()
    found.extend(BY_HAND)
    return found


def test_at_every_call_of_a_run_the_program_is_in_its_line():
    life, checked = timeline(), set()
    for event in BY_HAND:
        if not isinstance(event, CallEntered) or event.name == "shutdown":
            continue
        world = life.world_at(event.t)
        place = whereabouts(world, at_once(event.host))
        assert (place.role, place.call.name) == (event.host, event.name)
        for language in LANGUAGES:
            source = listing(place.role, language, place.protocol)
            line = place.line(source, place.call)
            code = source.lines[line - 1].replace("sendall", "send")
            assert f"{event.name}(" in code
            checked.add((event.host, event.name))
    assert {("server", "accept"), ("client", "connect"), ("server", "close"), ("client", "close")} <= checked


def test_it_is_a_function_of_the_world_so_time_travels_with_it():
    life = timeline()
    accept = next(event for event in BY_HAND if isinstance(event, CallEntered) and event.name == "accept")
    back = next(event for event in BY_HAND if isinstance(event, CallReturned) and event.call == accept.call)
    for _ in range(2):
        before = drawn(StageView(life.world_at(accept.t - 1), accept.t - 1, selection=at_once()))
        inside = drawn(StageView(life.world_at(accept.t), accept.t, selection=at_once()))
        after = drawn(StageView(life.world_at(back.t), back.t, selection=at_once()))
        assert marked(before).startswith("listener.listen(backlog)")
        assert marked(inside).startswith("connection, _client = listener.accept()")
        assert "accept(3) ◷ blocked" in inside.text
        assert f"accept(3) = {back.result}" in after.text


def marked(picture):
    """The text beside the mark."""
    (line,) = [line for line in picture.text.splitlines() if "▶" in line]
    return line.partition("▶")[2].strip()


def marked_of(view, *languages, **how):
    return marked(drawn(view, *languages, **how))


def served():
    """The server waits in accept(), and in recv() on a connection."""
    story = Story()
    handshake(story, 1, 0, accepted=4)
    story.call(2 * S, "server", 11, "recv", 4, thread="fd 4", connection=1)
    story.call(3 * S, "server", 11, "accept", 3)
    return story


def test_other_threads_have_a_mark_of_their_own():
    view = served().view(5 * S, at_once())
    text = drawn(view).text
    assert "15 ▶" in text
    assert "16 ▷" in text
    chosen = drawn(served().view(5 * S, at_once(connection=1))).text
    assert "16 ▶" in chosen
    assert "15 ▷" in chosen
    assert "server.py ●1  recv(4) ◷ blocked" in chosen


@pytest.mark.parametrize(
    ("name", "thread", "connection", "line"),
    [("close", "fd 4", 1, "connection.close()"), ("close", "main", None, "listener.close()")],
)
def test_a_close_is_that_of_the_connection_or_that_of_the_listener(name, thread, connection, line):
    story = Story()
    handshake(story, 1, 0, accepted=4)
    fd = 4 if connection else 3
    story.call(9 * S, "server", 11, name, fd, thread=thread, result=0, connection=connection)
    assert marked_of(story.view(10 * S, at_once()), height=30).startswith(line)


def test_a_call_that_is_not_in_the_program_has_no_mark():
    story = Story()
    handshake(story, 1, 0)
    story.call(9 * S, "client", 21, "shutdown", 3, result=0, connection=1)
    text = drawn(story.view(10 * S, at_once("client"))).text
    assert "shutdown(3) = 0  not in this program" in text
    assert "▶" not in text


@pytest.mark.parametrize(("host", "call"), [("client", "sendto"), ("server", "recvfrom")])
def test_datagrams_have_programs_of_their_own(host, call):
    story = Story()
    story.listener = None
    story.call(S, host, 31, call, 3)
    view = story.view(2 * S, at_once(host))
    assert f"udp_{host}.py" in drawn(view).text
    assert f"{call}(" in marked_of(view)
    assert f"{call}(" in marked_of(view, "c")


def test_before_the_first_call_it_begins_where_the_calls_do():
    text = drawn(StageView(World(), selection=at_once())).text
    assert "has made no call yet" in text
    assert "socket.socket(" in text
    assert "▶" not in text


def test_programs_whose_source_nobody_has_get_none():
    header = Header(t=0, format=1, source="pcap", hosts=(), made_by="test", capabilities=("capture",))
    view = StageView(World(header=header))
    assert not shows_toys(view.world)
    assert "no source is known" in drawn(view).text
    assert "import" not in drawn(view).text


def test_two_languages_stand_side_by_side_where_there_is_room():
    view = served().view(5 * S, at_once())
    wide = drawn(view, *LANGUAGES, width=120).text
    assert "server.py" in wide
    assert "server.c" in wide
    assert wide.count("▶") == 2
    assert "server.c" not in drawn(view, *LANGUAGES, width=80).text


def test_the_key_for_the_other_language_can_be_clicked():
    picture = drawn(served().view(5 * S), hint="y C")
    x = picture.text.splitlines()[0].index("y C")
    assert picture.target(x, 0) == ActionTarget("language")


@pytest.mark.parametrize("height", [8, 12, 20])
@pytest.mark.parametrize("language", LANGUAGES)
def test_for_an_audience_fewer_lines_and_the_one_that_it_is_in_on_a_ground(height, language):
    view = served().view(5 * S, at_once())
    large = StageView(view.world, view.now, selection=view.selection, density=Density.LARGE)
    picture, normal = (drawn(one, language, height=height, width=80) for one in (large, view))
    lines = picture.text.splitlines()
    (at,) = [at for at, line in enumerate(lines) if "▶" in line]
    assert "accept(" in lines[at]
    assert set(lines[at - 1]) == {"▄"}
    assert set(lines[at + 1]) == {"▀"}
    assert sum(map(bool, map(str.strip, lines))) < sum(map(bool, map(str.strip, normal.text.splitlines())))


@pytest.mark.parametrize("palette", [*PALETTES.values(), PLAIN], ids=lambda palette: palette.name)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@pytest.mark.parametrize("role", ["server", "client"])
def test_all_of_the_source_is_there_in_inks_of_the_theme(role, protocol, language, palette):
    lines = code_of(role, language, protocol, palette)
    source = listing(role, language, protocol)
    assert tuple("".join(text for text, _ in line) for line in lines) == source.lines
    inks = (palette.text, palette.strong, palette.dim, palette.accent, palette.warn, *palette.states.values())
    assert {style for line in lines for _, style in line} <= set(inks)
    assert len({style for line in lines for _, style in line}) > (1 if palette is PLAIN else 3)


@pytest.mark.parametrize("width", [12, 30, 54, 200])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_line_is_broken_and_nothing_of_it_lost(width, language):
    for line in code_of("server", language, "udp", DARK):
        rows = broken(line, width)
        texts = ["".join(text for text, _ in row) for row in rows]
        assert all(len(text) <= width for text in texts)
        whole = "".join(text for text, _ in line)
        assert "".join("".join(texts).split()) == "".join(whole.split())


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (3, 40), (20, 5), (110, 8), (132, 50)])
@pytest.mark.parametrize("density", Density)
def test_any_size_is_filled_exactly(size, density):
    view = served().view(5 * S, at_once())
    view = StageView(view.world, view.now, selection=view.selection, density=density)
    for scrolled in (-99, 0, 7, 99):
        picture = drawn(view, *LANGUAGES, width=size[0], height=size[1], scrolled=scrolled)
        assert len(picture.lines) == size[1]
        assert all(line.cell_length == size[0] for line in picture.lines)


# on the stage


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_key_shows_it_and_takes_it_away_again(size):
    async with staged(BY_HAND, size=size) as pilot:
        before = screen_text(pilot.app)
        await pilot.press("v")
        await pilot.pause()
        text = screen_text(pilot.app)
        assert "client.py" in text
        assert ("● SYN" in text or "time" in text) is (size[0] == 120)
        await pilot.press("tab")
        assert "server.py" in await shown(pilot)
        await pilot.press("tab", "v")
        assert "client.py" not in await shown(pilot)
        assert (await shown(pilot)).splitlines()[14:18] == before.splitlines()[14:18]


async def shown(pilot):
    await pilot.pause()
    return screen_text(pilot.app)


async def test_the_languages_go_round_and_both_have_the_whole_width():
    async with staged(BY_HAND) as pilot:
        await pilot.press("v", "y")
        assert "client.c" in await shown(pilot)
        await pilot.press("y")
        text = await shown(pilot)
        assert "client.c" in text
        assert "client.py" in text
        assert "time  " not in text.splitlines()[15]
        await pilot.press("y")
        assert "client.c" not in await shown(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.press("y", "y")
        assert "client.py" in await shown(pilot)


async def test_without_a_source_on_the_screen_there_is_no_language_to_change():
    async with staged(BY_HAND) as pilot:
        await pilot.press("y")
        assert "v shows it" in await shown(pilot)


async def test_it_follows_the_playhead():
    calls = {
        event.name: event.t for event in BY_HAND if isinstance(event, CallEntered) and event.host == "server"
    }
    async with staged(BY_HAND) as pilot:
        await pilot.press("v", "tab")
        for name in ("accept", "bind", "listen", "accept"):
            pilot.app.session.seek(calls[name])
            pilot.app.screen.wake()
            (line,) = [line for line in (await shown(pilot)).splitlines() if "▶ " in line[60:]]
            assert f".{name}(" in line[60:]
        assert "◷ blocked" in await shown(pilot)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_the_tabs_go_round_by_key_and_by_click(size):
    async with staged(BY_HAND, size=size) as pilot:
        seen = []
        for _ in range(4):
            seen.append(pilot.app.screen.query_one("Furniture").tab)
            await pilot.press("t")
        small = ["ladder", "table", "source", "ladder"]
        assert seen == (small if size[0] == 80 else ["ladder", "source", "ladder", "source"])
        if size[0] == 80:
            await pilot.click("#tabs", offset=(18, 0))
            assert "client.py" in await shown(pilot)


async def test_the_ladder_of_one_connection_alone():
    async with staged(recorded("full-queue-lab")) as pilot:
        assert "O only one" in await shown(pilot)
        await pilot.press("2", "O")
        text = await shown(pilot)
        assert "only ■2 · O all" in text
        ladder = "\n".join(line[:60] for line in text.splitlines()[15:29])
        assert "■2 SYN" in ladder or "■2 ACK" in ladder
        assert "●1 " not in ladder
        await pilot.press("O")
        assert "O only ■2" in await shown(pilot)
