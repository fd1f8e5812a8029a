"""What facts say of real runs, recorded: when they hold, when they don't, and what is told then."""

# ruff: noqa: RUF001 - Chinese has punctuation of its own
import re
import tomllib
from pathlib import Path

import pytest

from sockviz.events import AnyEvent, decode
from sockviz.lessons.facts import FACTS, Fact, unmet
from sockviz.lessons.witness import Witness
from sockviz.lessons.words import value

DATA = Path(__file__).parents[1] / "data"
MS = 1_000_000

KEPT = (
    r"TCPSynRetrans|ListenOverflows|Recv-Q|Send-Q|UDP|[A-Z][A-Z_0-9-]{2,}|net\.ipv4\.\w+|backlog|cookie"
    r"|accept_capacity|accept-queue-full|(connect|accept|recv)\(\)|left"
)
"""What has no other name in Chinese."""

HANDSHAKE = 120.0
"""In life-lab.jsonl: the SYN-ACK is on the wire, both tables were read."""
QUEUED = 127.94
"""The final ACK has arrived; accept() has not returned."""
ACCEPTED = 135.0
SENT = 156.7
"""`hello` was sent, read and acknowledged; nothing was answered yet."""


def recorded(name: str) -> list[AnyEvent]:
    return [decode(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def at(name: str, ms: float, *, since: float = 0) -> Witness:
    """All that happened up to a time; the step began at `since`."""
    events, witness = recorded(name), Witness()
    witness.receive([event for event in events if event.t <= since * MS])
    witness.begin()
    witness.receive([event for event in events if since * MS < event.t <= ms * MS])
    return witness


def fact(text: str) -> Fact:
    return value(tomllib.loads(f"x = {text}")["x"], Fact, ())


@pytest.mark.parametrize(
    ("ms", "true", "false", "had"),
    [
        (HANDSHAKE, '{ socket = "client 1", state = "SYN_SENT", owner = true, timer = "retransmit" }',
         '{ socket = "client 1", state = "ESTABLISHED" }', "state SYN_SENT"),
        (HANDSHAKE, '{ socket = "server 1", state = "SYN_RECV", owner = false }',
         '{ socket = "server 1", owner = true, fd = 4 }', "owner no, fd none"),
        (HANDSHAKE, '{ socket = "client 1", unacknowledged = 1, port = ">= 1024" }',
         '{ socket = "server 1", port = "server_port + 1" }', "port 8001"),
        (HANDSHAKE, '{ socket = "client 7", state = "none" }',
         '{ socket = "client 7", owner = false, unread = 0 }', "owner unknown, unread none"),
        (HANDSHAKE, '{ connection = 1, client = "SYN_SENT", server = "SYN_RECV", accepted = false }',
         "{ connection = 1, ghost = true, cookie = true }", "ghost no, cookie no"),
        (HANDSHAKE, '{ queue = "SYN", depth = 1, order = [1] }', '{ queue = "accept", order = [1] }',
         "order nothing"),
        (HANDSHAKE, '{ listener = "server", state = "LISTEN", fd = 3, backlog = 2, port = "server_port" }',
         '{ listener = "server", state = "none" }', "state LISTEN"),
        (QUEUED, '{ listener = "server", recv_queue = 1, send_queue = "backlog" }',
         '{ listener = "server", recv_queue = 0 }', "Recv-Q 1"),
        (HANDSHAKE, '{ sent = "SYN", to_port = "1f 41", count = 1 }',
         '{ sent = "SYN", to_port = "41 1f" }', "0"),
        (HANDSHAKE, '{ wire = "SYN-ACK", connection = 1, from = "server", count = 1 }',
         '{ wire = "data" }', "0"),
        (HANDSHAKE, '{ wire = "any", resent = 0 }', '{ wire = "any", connection = 2 }', "0"),
        (HANDSHAKE, '{ sent = "any", count = 2 }', '{ sent = "SYN", from = "server" }', "0"),
        (HANDSHAKE, '{ sent = "SYN", again = false, count = 1 }', '{ sent = "SYN", again = true }', "0"),
        (HANDSHAKE, '{ call = "client 1", name = "connect", blocked = true }',
         '{ call = "client 1", result = 0, error = "none" }', "result none, error not returned"),
        (HANDSHAKE, '{ call = "server", name = "bind", result = 0, error = "none" }',
         '{ call = "server", name = "send", blocked = false }', "blocked unknown, made no"),
        (HANDSHAKE, '{ counter = "ActiveOpens", host = "client", rise = 1 }',
         '{ counter = "ListenDrops", rise = ">= 1" }', "rise 0"),
        (HANDSHAKE, '{ sockets = "client", state = "SYN_SENT", count = 1 }',
         '{ sockets = "server", owner = true, count = 1 }', "0"),
        (HANDSHAKE, '{ number = "accept_limit + 1", is = "accept_capacity" }',
         '{ number = "backlog", is = "> 2" }', "2"),
        (HANDSHAKE, '{ setting = "net.core.somaxconn", is = 4096 }',
         '{ setting = "net.ipv4.nothing", is = 0 }', "none"),
        (HANDSHAKE, '{ not = { wire = "ACK" } }', '{ not = { wire = "SYN-ACK" } }', "1"),
        (HANDSHAKE, '{ any = [{ wire = "ACK" }, { wire = "SYN-ACK" }] }',
         '{ any = [{ wire = "ACK" }, { wire = "FIN" }] }', "0; 0"),
        (HANDSHAKE, '{ all = [{ wire = "SYN-ACK" }, { queue = "SYN", depth = 1 }] }',
         '{ all = [{ wire = "SYN-ACK" }, { wire = "ACK" }] }', "1; 0"),
        (QUEUED, '{ queue = "accept", depth = 1, order = [1], limit = "backlog", full = false }',
         '{ queue = "accept", full = true }', "full no"),
        (QUEUED, '{ sockets = "server", owner = false, count = 1 }',
         "{ connection = 1, accepted = true }", "accepted no"),
        (QUEUED, '{ call = "listener", name = "accept", blocked = true }',
         '{ call = "listener", name = "accept", result = 4 }', "result none"),
        (ACCEPTED, '{ socket = "server 1", owner = true, fd = 4 }',
         '{ queue = "accept", depth = 1 }', "depth 0"),
        (ACCEPTED, '{ passed = "server 1", states = ["SYN_RECV", "ESTABLISHED"] }',
         '{ passed = "client 1", states = ["SYN_SENT"] }', "passed SYN_SENT → ESTABLISHED"),
        (SENT, '{ call = "server 1", name = "recv", result = 5, text = "hello" }',
         '{ call = "client 1", name = "send", text = "welcome" }', "text hello"),
        (SENT, '{ call = "client 1", name = "connect", result = 0, blocked = false }',
         '{ call = "client 1", name = "connect", error = "ECONNREFUSED" }', "error none"),
        (100_000, '{ socket = "client 1", state = "TIME_WAIT", owner = false, timer = "timewait" }',
         '{ socket = "server 1", state = "LAST_ACK" }', "state none"),
        (100_000, '{ listener = "server", state = "none" }', '{ listener = "server", state = "LISTEN" }',
         "state none"),
        (100_000, '{ call = "client 1", name = "close", result = 0 }',
         '{ call = "client 1", name = "recv", result = 0 }', "result 7"),
        (100_000, '{ sent = "FIN", connection = 1, count = 2 }', '{ sent = "RST" }', "0"),
    ],
)  # fmt: skip
def test_of_a_life(ms: float, true: str, false: str, had: str) -> None:
    moment = at("life-lab.jsonl", ms).moment()
    found = fact(true).look(moment)
    assert found.holds, (found.expected, found.had)
    (missed,) = unmet((fact(false), fact(true)), moment)
    assert missed.had.en == had
    assert missed.expected.en.isprintable()


def test_what_is_counted_is_counted_since_the_step_began() -> None:
    moment = at("life-lab.jsonl", ACCEPTED, since=HANDSHAKE).moment()
    assert fact('{ sent = "any", count = 1 }').look(moment).holds
    assert fact('{ sent = "SYN", count = 0 }').look(moment).holds
    assert fact('{ counter = "ActiveOpens", host = "client", rise = 0 }').look(moment).holds
    assert fact('{ counter = "PassiveOpens", rise = 1 }').look(moment).holds


def test_what_a_kernel_ignored() -> None:
    moment = at("full-queue-lab.jsonl", 100_000).moment()
    dropped = len(moment.drops)
    assert dropped
    assert fact(f'{{ ignored = "SYN", because = "accept-queue-full", count = {dropped} }}').look(moment).holds
    assert fact('{ ignored = "ACK", count = 0 }').look(moment).holds
    assert fact('{ ignored = "any", because = "syn-queue-full", count = 0 }').look(moment).holds
    assert fact(f'{{ counter = "ListenOverflows", rise = {dropped} }}').look(moment).holds
    later = at("full-queue-lab.jsonl", 100_000, since=99_000).moment()
    assert fact('{ ignored = "any", count = 0 }').look(later).holds


def test_how_events_are_cut_makes_no_difference() -> None:
    """Also calls of one thread that come and go within one batch are remembered."""
    whole, single = Witness(), Witness()
    events = recorded("life-lab.jsonl")
    whole.receive(events)
    for event in events:
        single.receive([event])
    assert whole.moment() == single.moment()
    assert [call.name for call in whole.moment().calls()][:4] == ["socket", "setsockopt", "bind", "listen"]


def test_a_fact_is_told_with_what_it_comes_to() -> None:
    found = fact('{ queue = "accept", depth = "accept_capacity - 1" }').look(
        at("life-lab.jsonl", QUEUED).moment()
    )
    assert found.expected.en == "accept queue: depth accept_capacity - 1 (2)"
    assert found.had.en == "depth 1"
    assert found.expected.zh == "全连接队列：长度=accept_capacity - 1（2）"
    assert found.had.zh == "长度=1"


@pytest.mark.parametrize("example", [example for word in FACTS.words.values() for example in word.EXAMPLES])
def test_a_fact_is_told_in_chinese(example: str) -> None:
    """No English word of ours is left: what stays is what the kernel, C or the lesson's author call it."""
    found = fact(example).look(at("life-lab.jsonl", QUEUED).moment())
    for told in (found.expected.zh, found.had.zh):
        assert not re.findall(r"[A-Za-z_]{2,}", re.sub(KEPT, "", told)), told
