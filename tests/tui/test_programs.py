"""What the stage shows of the user's own programs: their terminals as text, in panes, at every size."""

import pytest

from sockviz import events
from sockviz.tui.actions.action import Situation
from sockviz.tui.actions.registry import BY_ID, PROGRAMS
from sockviz.tui.density import Density
from sockviz.tui.palettes import PALETTES
from sockviz.tui.programs import choosing
from sockviz.tui.programs.hints import hint
from sockviz.tui.programs.panes import Keyboard, draw_programs
from sockviz.tui.programs.screen import OFFERED
from sockviz.tui.view import StageView
from sockviz.world.fold import advance
from sockviz.world.model import World

COLOURS = next(iter(PALETTES.values()))
SIZES = ((58, 14), (80, 8), (120, 20), (40, 5), (20, 3), (3, 1), (1, 1))
HEADER = events.Header(
    t=0, format=events.FORMAT, source="lab", made_by="sockviz", capabilities=("calls", "table", "programs"),
    hosts=tuple(events.Host(name=name, addresses=()) for name in ("client", "server")),
)  # fmt: skip


def started(pid, name, command="", **known):
    host = name.split()[0].split("/")[0]
    return events.ProgramStarted(t=pid, host=host, pid=pid, program=name, command=command, **known)


def printed(pid, host, text):
    return events.ProgramOutput(t=pid, host=host, pid=pid, data=text.encode())


CHAT = (
    HEADER,
    started(11, "server", "./chat_server 8001"),
    events.CallEntered(t=20, call=1, host="server", pid=11, thread="main", name="accept4", fd=3),
    started(12, "client 1", "nc 10.0.0.1 8001"),
    started(13, "client 2", "./broken"),
    printed(11, "server", "listening\r\n"),
    printed(12, "client", "hello\r\nyou\r\n"),
    events.CallEntered(t=30, call=2, host="client", pid=12, thread="main", name="read", fd=0),
    events.ProgramEnded(t=40, host="client", pid=13, status=1),
)


def known(*more, base=CHAT):
    return advance(World(), [*base, *more])[0]


def drawn(world, width=58, height=14, keyboard=None, **look):
    view = StageView(world=world, now=3_000_000_000, **look)
    return draw_programs(view, width, height, COLOURS, keyboard)


def test_who_it_is_what_it_does_and_what_it_printed():
    text = drawn(known()).text
    server, first, second = (text.index(name) for name in ("server", "client 1", "client 2"))
    assert server < text.index("accept4(3)") < text.index("listening") < first
    assert first < text.index("read(0)") < text.index("hello") < text.index("you") < second
    assert second < text.index("ended with status 1")


def test_side_by_side_clients_stand_at_the_left_as_on_the_stage():
    top = drawn(known(), 80, 8).text.splitlines()[0]
    assert top.index("client 1") < 40 <= top.index("server")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("density", Density)
def test_it_fits(width, height, density):
    picture = drawn(known(), width, height, density=density, keyboard=Keyboard("client", 12))
    assert [line.cell_length for line in picture.lines] == [width] * height


def test_whose_keyboard_it_is_is_seen_without_colour():
    assert "┃" not in drawn(known()).text
    assert "┃" in drawn(known(), keyboard=Keyboard("client", 12)).text


def test_who_has_the_keyboard_or_runs_is_shown_before_others():
    many = known(*(started(pid, f"client {pid}", "nc") for pid in range(20, 40)))
    shown = drawn(many, 58, 9, keyboard=Keyboard("client", 22)).text
    assert "client 22" in shown
    assert "more" in shown
    assert "client 2 " not in shown


def test_forked_processes_have_a_row_each():
    forked = known(started(14, "server/1", "./chat_server 8001", parent=11))
    text = drawn(forked).text
    assert "2 processes" in text
    assert "server/1 pid 14" in text


def test_a_program_that_printed_nothing_says_so():
    assert "(has printed nothing)" in drawn(known(started(15, "client 3", "sleep 9"))).text


def test_who_can_be_typed_to():
    world = known(
        started(14, "server/1", "./chat_server 8001", parent=11),
        events.ProgramEnded(t=50, host="server", pid=11, status=0),
    )
    # The server has ended, but what it has forked holds its terminal; client 2 has ended altogether.
    assert [program.name for program in choosing.typable(world)] == ["server", "client 1"]
    assert choosing.named(world, "server/1").pid == 14
    assert choosing.named(world, "12").name == "client 1"
    assert choosing.named(world, "client 2") is None


def test_a_hint_names_who_waits_for_the_keyboard():
    assert "client 1 reads its keyboard" in hint(Situation(world=known())).text


def test_a_hint_says_what_the_clients_wait_for_and_when_that_is_in_vain():
    server = (HEADER, started(11, "server", "./broken"))
    assert "as soon as a server listens" in hint(Situation(world=known(base=server))).text
    ended = events.ProgramEnded(t=40, host="server", pid=11, status=1)
    assert "No server runs any more" in hint(Situation(world=known(ended, base=server))).text


def test_toys_are_not_offered_and_say_why():
    situation = Situation(world=known())
    for name in ("connect", "accept", "flood", "send", "backlog"):
        assert "your own programs" in BY_ID[name].why_not(situation)
        assert BY_ID[name] not in OFFERED
    assert [action.why_not(situation) for action in PROGRAMS] == [None] * len(PROGRAMS)


def test_on_a_stage_of_toys_there_is_no_keyboard_to_give():
    header = events.Header(t=0, format=events.FORMAT, source="lab", made_by="sockviz", hosts=())
    situation = Situation(world=advance(World(), [header])[0])
    assert all("sockviz run" in action.why_not(situation) for action in PROGRAMS)


class Wishes:
    """What an action asks for."""

    def __init__(self):
        self.run = self.desk = self
        self.sent, self.asked = [], []

    def send(self, intent):
        self.sent.append(intent)

    def ask(self, question):
        self.asked.append(question)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TERM server", None),
        ("sigkill client 1", None),
        ("HUP 12", None),
        ("TERM client 2", "No program 'client 2' runs."),
        ("TERM", "No program '' runs."),
        ("SEGV server", "One of INT"),
        ("", "One of INT"),
    ],
)
def test_signals(text, said):
    wishes = Wishes()
    BY_ID["signal"].run(Situation(world=known()), wishes)
    complaint = wishes.asked[0].answer(text)
    if said is None:
        assert complaint is None
        assert len(wishes.sent) == 1
    else:
        assert complaint.startswith(said)
        assert not wishes.sent


def test_a_client_is_started_again():
    wishes = Wishes()
    BY_ID["launch-again"].run(Situation(world=known()), wishes)
    BY_ID["launch"].run(Situation(world=known()), wishes)
    assert wishes.asked[0].default == "./broken"
    assert wishes.asked[0].answer(" ") == "Type a command."
    assert wishes.asked[0].answer(" nc x ") is None
    assert [(one.host, one.command) for one in wishes.sent] == [("client", "./broken"), ("client", "nc x")]
