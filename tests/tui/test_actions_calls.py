"""What clients and the server are told to do: which call, on which end; and what is asked first."""

import pytest
from doing import answer, do, refuse
from msgspec.structs import replace
from worlds import PID, SERVER, call, connection, header, program, world

from sockviz import intents
from sockviz.tcp.states import State
from sockviz.tui.actions.action import Group, Situation
from sockviz.tui.actions.registry import ACTIONS, BY_ID
from sockviz.tui.view import Selection
from sockviz.world.model import Listener, World

# clients and calls


def test_one_client_or_several():
    assert do("connect", Situation(world())) == [intents.Connect()]
    question, complaint, done = answer("connect-several", Situation(world()), "5")
    assert question.default == "3"
    assert complaint is None
    assert done == [intents.Connect(count=5)]


def test_a_flood_of_so_many():
    lab = replace(header(), capabilities=("capture", "hold", "flood"))
    question, complaint, done = answer("flood", Situation(world(header=lab)), "20000")
    assert question.default == "20"
    assert complaint is None
    assert done == [intents.Flood(count=20_000)]
    _, complaint, done = answer("flood", Situation(world(header=lab)), "100001")
    assert complaint
    assert not done


def test_only_the_lab_can_be_flooded():
    loopback = replace(header(), source="loopback", capabilities=("capture", "table"))
    assert "--source lab" in refuse("flood", Situation(world(header=loopback)))


@pytest.mark.parametrize("text", ["", "many", "0", "101", "2.5"])
def test_a_bad_count_asks_again(text):
    _, complaint, done = answer("connect-several", Situation(world()), text)
    assert complaint
    assert not done


@pytest.mark.parametrize(
    ("name", "made"), [("receive", "recv"), ("shutdown", "shutdown"), ("close", "close"), ("abort", "abort")]
)
def test_calls_are_made_on_the_chosen_end(name, made):
    situation = Situation(world(connection(1, accepted=4)))
    assert do(name, situation) == [intents.Call(host="client", pid=201, name=made, fd=3)]
    there = replace(situation, selection=Selection(side="server"))
    assert do(name, there) == [intents.Call(host="server", pid=PID, name=made, fd=4)]


def test_data_is_asked_for():
    _, complaint, done = answer("send", Situation(world(connection(1))), "hi")
    assert complaint is None
    assert done == [intents.Call(host="client", pid=201, name="send", fd=3, data=b"hi")]
    assert answer("send", Situation(world(connection(1))), "")[1]


def test_without_a_selection_the_newest_live_connection_is_meant():
    gone = connection(3, State.TIME_WAIT, State.CLOSED, fd=None)
    situation = Situation(world(connection(1), connection(2), gone))
    assert do("close", situation)[0].pid == 202
    assert do("close", replace(situation, selection=Selection(1)))[0].pid == 201
    assert "closed ▲3" in refuse("close", replace(situation, selection=Selection(3)))


def test_what_is_not_accepted_has_no_descriptor():
    side = Selection(side="server")
    queued = Situation(world(connection(1), queue=[1]), side)
    assert refuse("send", queued) == "●1 is not accepted yet: no descriptor on the server. Press a."
    half = Situation(world(connection(1, server=State.SYN_RECV)), side)
    assert "handshake" in refuse("send", half)
    ghost = Situation(world(connection(1, server=State.CLOSED)), side)
    assert "no socket" in refuse("send", ghost)


def test_a_blocked_thread_can_be_interrupted_and_closed_but_not_asked():
    blocked = program("client", 201, "client 1", call("recv", host="client", pid=201))
    situation = Situation(world(connection(1), programs=blocked))
    assert "blocked in recv() on fd 3" in refuse("send", situation)
    assert do("interrupt", situation) == [intents.Call(host="client", pid=201, name="interrupt", fd=3)]
    assert do("close", situation)
    assert "Tab" in refuse("interrupt", Situation(world(connection(1))))


# the server


def test_accept_is_one_call_at_a_time():
    assert do("accept", Situation(world())) == [intents.Call(host="server", pid=PID, name="accept", fd=3)]
    waiting = Situation(
        world(programs=program("server", PID, "server", call("accept"))), Selection(side="server")
    )
    assert "already" in refuse("accept", waiting)
    assert do("interrupt", waiting) == [intents.Call(host="server", pid=PID, name="interrupt", fd=3)]


def test_accept_policy_alternates():
    assert do("accept-policy", Situation(world())) == [intents.SetAccept(mode="auto")]
    assert do("accept-policy", Situation(world(settings={"accept": "auto"}))) == [
        intents.SetAccept(mode="manual")
    ]


def test_backlog_is_asked_for():
    question, complaint, done = answer("backlog", Situation(world()), "5")
    assert question.default == "2"
    assert complaint is None
    assert done == [intents.SetBacklog(backlog=5)]


def test_the_listener_is_closed_and_opened_again():
    assert do("listener", Situation(world())) == [intents.Call(host="server", pid=PID, name="close", fd=3)]
    closed = Situation(world(listeners={("server", SERVER): Listener("server", SERVER, State.CLOSED)}))
    assert do("listener", closed) == [intents.Open()]
    assert "o opens" in refuse("accept", closed)
    assert BY_ID["listener"].labels(closed)[0] == "open listener"


def test_nothing_but_connecting_is_asked_of_an_engine_that_is_not_ready():
    for action in ACTIONS:
        if action.group is Group.CLIENT:
            assert action.why_not(Situation(World())) is None
        elif action.group in {Group.SERVER, Group.WIRE}:
            assert action.why_not(Situation(World())) == "The two hosts are still starting."
