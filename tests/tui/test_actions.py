"""Every action does one thing, or says in one sentence why not."""

import subprocess
import sys

import pytest
from doing import Written, do, refuse
from msgspec.structs import replace
from worlds import connection, flight, header, world

from sockviz import intents, terminal
from sockviz.session.index import Kind
from sockviz.session.pace import Pace
from sockviz.tcp.states import State
from sockviz.tui.actions.__main__ import table
from sockviz.tui.actions.action import Controls, Group, Situation
from sockviz.tui.actions.registry import ACTIONS, BY_ID, LESSON, PROGRAMS, WATCH, key_name
from sockviz.tui.actions.watch import CLOSELY, LISTENERS
from sockviz.tui.programs.screen import OFFERED
from sockviz.tui.screens.furniture import LEAST
from sockviz.tui.view import Selection
from sockviz.world.model import Arrow

# the registry as a whole


def test_no_two_actions_share_a_key_or_an_id():
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    assert len(BY_ID) == len(ACTIONS) + len(LESSON) + len(PROGRAMS) + len(WATCH)
    for actions in (LESSON, LISTENERS, CLOSELY, OFFERED):
        keys = [key for action in actions for key in action.keys]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("action", [*ACTIONS, *PROGRAMS, *WATCH], ids=lambda action: action.id)
def test_every_action_explains_itself_in_one_sentence(action):
    assert action.help.endswith(".")
    assert "\n" not in action.help
    assert len(action.help) <= 100
    assert len(action.label) <= 24


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
@pytest.mark.parametrize(
    "situation",
    [
        Situation(),
        Situation(world()),
        Situation(world(connection(1)), past=True),
        Situation(world(connection(1), flights=[flight(1)], queue=[1])),
        Situation(world(connection(1, State.CLOSED, State.CLOSED, fd=None), ended="quit"), over=True),
        Situation(world(header=header("loopback", ("table", "calls")))),
    ],
    ids=["not begun", "empty", "past", "queued", "ended", "loopback"],
)
def test_an_action_runs_or_says_why_not_in_any_situation(action, situation):
    reason = action.why_not(situation)
    if reason is None:
        action.run(situation, Controls(Written(), Written()))
    else:
        assert reason[0].isupper() or reason[0] in "●■▲◆"
        assert reason.endswith(".")
        assert len(reason) < 100
    assert all(action.labels(situation))


def test_the_table_of_keys_names_every_listed_action_and_needs_no_textual():
    code = (
        "import runpy, sys; runpy.run_module('sockviz.tui.actions', run_name='__main__');"
        "assert not {'textual', 'asyncio'} & set(sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == table()
    assert len(printed.splitlines()) == 2 + len(Group) + sum(action.listed for action in BY_ID.values())


def test_printed_names_of_keys_are_what_is_on_the_keyboard():
    assert [key_name(key) for key in ("n", "left", "question_mark", "ctrl+c")] == ["n", "←", "?", "Ctrl+C"]


def test_the_least_terminal_is_what_the_command_asks_for():
    assert (terminal.COLUMNS, terminal.LINES) == LEAST


# the wire


def test_held_segments_are_released_one_all_or_the_selected():
    situation = Situation(world(flights=[flight(1), flight(2)]), Selection(segment=2))
    assert do("release-next", situation) == [intents.Release(id=1)]
    assert do("release-all", situation) == [intents.Release(all=True)]
    assert do("release-selected", situation) == [intents.Release(id=2)]


def test_what_the_kernel_sent_again_goes_last():
    situation = Situation(world(flights=[flight(1, again=True), flight(2)]))
    assert do("release-next", situation) == [intents.Release(id=2)]
    only = Situation(world(flights=[flight(1, again=True)]))
    assert do("release-next", only) == [intents.Release(id=1)]


def test_nothing_is_released_that_does_not_wait():
    assert "press" not in refuse("release-next", Situation(world(flights=[flight(1, due=9)])))
    assert "c connects" in refuse("release-next", Situation(world()))
    assert "moving" in refuse(
        "release-selected", Situation(world(flights=[flight(1, due=9)]), Selection(segment=1))
    )
    assert "not on the wire" in refuse("release-selected", Situation(world(), Selection(segment=1)))


def test_the_wire_alternates():
    assert do("hold", Situation(world(mode="hold"))) == [intents.Wire(mode="flow")]
    assert do("hold", Situation(world(mode="flow"))) == [intents.Wire(mode="hold")]
    assert do("cut", Situation(world(mode="flow"))) == [intents.Wire(mode="cut")]
    assert do("cut", Situation(world(mode="cut"))) == [intents.Wire(mode="hold")]
    assert "w mends" in refuse("hold", Situation(world(mode="cut")))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("longer", 0, 50),
        ("longer", 400, 800),
        ("longer", 450, 800),
        ("shorter", 400, 200),
        ("shorter", 450, 400),
    ],
)
def test_the_delay_moves_along_its_scale(name, before, after):
    assert do(name, Situation(world(delay=before * 10**6))) == [intents.Wire(delay=after * 10**6)]


def test_the_delay_has_two_ends():
    assert refuse("shorter", Situation(world(delay=0)))
    assert refuse("longer", Situation(world(delay=3200 * 10**6)))


def test_the_selected_packet_is_lost_else_the_oldest():
    both = world(flights=[flight(1), flight(2)])
    assert do("lose", Situation(both, Selection(segment=2))) == [intents.Drop(id=2)]
    assert do("lose", Situation(both, Selection(segment=7))) == [intents.Drop(id=1)]
    assert do("lose", Situation(world(flights=[flight(1, due=5)]))) == [intents.Drop()]
    assert refuse("lose", Situation(world()))


@pytest.mark.parametrize("name", ["release-next", "hold", "lose", "cut", "longer"])
def test_loopback_packets_are_not_ours(name):
    situation = Situation(world(header=header("loopback", ("capture", "table", "calls"))))
    assert "--source lab" in refuse(name, situation)


# time


def test_the_past_can_be_looked_at_and_not_changed():
    every = frozenset(Kind)
    situation = Situation(
        world(connection(1), flights=[flight(1)]), past=True, paused=True, before=every, after=every
    )
    for name in ("connect", "release-next", "accept", "close", "listener", "accept-policy"):
        assert "End" in refuse(name, situation)
    for name, kind in (
        ("", Kind.MOMENT),
        ("segment-", Kind.SEGMENT),
        ("state-", Kind.STATE),
        ("mark-", Kind.MARK),
    ):
        assert do(f"{name}back", situation) == [("step", -1, kind)]
        assert do(f"{name}forward", situation) == [("step", 1, kind)]
    assert do("now", situation) == [("live",)]
    assert do("play", situation) == [("play",)]
    assert do("play", replace(situation, paused=False)) == [("pause",)]


def test_there_is_nothing_after_now_and_nothing_before_the_beginning():
    assert "yet" in refuse("forward", Situation(world()))
    assert refuse("now", Situation(world()))
    assert "before" in refuse("segment-back", Situation(world()))
    assert "M sets one" in refuse("mark-forward", Situation(world()))


def test_a_recording_can_be_looked_at_and_not_changed():
    replayed = Situation(
        world(connection(1), flights=[flight(1)], queue=[1]), replayed="r.jsonl", paused=True
    )
    asking = (Group.WIRE, Group.CLIENT, Group.CALLS, Group.SERVER)
    for action in ACTIONS:
        if action.group in asking:
            assert "This is a recording" in action.why_not(replayed)
    assert do("play", replayed) == [("play",)]
    assert do("now", replayed) == [("live",)]
    assert "end of the recording" in refuse("now", replace(replayed, at_end=True))
    assert do("next-connection", replayed)


def test_what_idle_time_looks_like_goes_round():
    situation, seen = Situation(world()), []
    for _ in Pace:
        ((_, pace),) = do("pace", situation)
        seen.append(pace)
        situation = replace(situation, pace=pace)
    assert situation.pace is Pace.SHORT
    assert set(seen) == set(Pace)


def test_what_was_chosen_from_a_list_can_be_left_for_it():
    assert do("list", Situation(world(), replayed="c.pcap #1", listed=True)) == [("leave",)]
    assert "list" in refuse("list", Situation(world()))


def test_a_moment_is_marked():
    assert do("mark", Situation(world())) == [("mark",)]


# pointing


def test_connections_are_chosen_in_their_order():
    situation = Situation(world(connection(1), connection(2)))
    assert do("next-connection", situation) == [Selection(connection=2)]
    chosen = replace(situation, selection=Selection(connection=2))
    assert do("previous-connection", chosen) == [Selection(connection=1)]
    assert do("next-connection", chosen) == [Selection(connection=2)]
    assert do("connection-1", chosen) == [Selection(connection=1)]
    assert "#3" in refuse("connection-3", chosen)


def test_packets_are_selected_in_the_order_of_sending():
    segment = flight(1).segment
    arrows = [Arrow(n, 1, "client", "server", segment, sent=n) for n in (1, 2, 3)]
    situation = Situation(world(connection(1)), arrows=arrows)
    assert do("previous-packet", situation) == [Selection(connection=1, segment=3)]
    chosen = replace(situation, selection=Selection(connection=1, segment=3))
    assert do("previous-packet", chosen) == [Selection(connection=1, segment=2)]
    assert do("next-packet", chosen) == [Selection(connection=1, segment=3)]


def test_escape_closes_the_inspector_first():
    situation = Situation(world(connection(1)), Selection(1, "server", 5), inspecting=True)
    assert do("deselect", situation) == [("toggle_inspector",)]
    assert do("deselect", replace(situation, inspecting=False)) == [Selection(side="server")]


def test_sides_alternate():
    assert do("side", Situation()) == [Selection(side="server")]
    assert do("side", Situation(selection=Selection(side="server"))) == [Selection(side="client")]


@pytest.mark.parametrize("action", ["next-connection", "previous-packet"])
def test_in_a_recording_nobody_is_told_to_connect(action):
    assert "press `c`" in BY_ID[action].why_not(Situation(world=world(header=header())))
    recorded = Situation(world=world(header=header()), replayed="run.jsonl")
    assert "`→` goes on" in BY_ID[action].why_not(recorded)
