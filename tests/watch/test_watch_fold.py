"""The pure part of watching: what follows from events, however they come."""

import random
from itertools import pairwise

import msgspec
import pytest
from watch_told import LOCAL, MS, OTHER, SECOND, begun, chosen, folded, header, listener, raised, row, sample

from sockviz import events
from sockviz.events import (
    AnyEvent,
    Segment,
    SegmentCaptured,
    SocketRow,
    StateTraced,
)
from sockviz.session.watch_timeline import WatchTimeline
from sockviz.world.watch.fold import fold
from sockviz.world.watch.history import WIDTH, History
from sockviz.world.watch.model import Watch
from sockviz.world.watch.naming import plain
from sockviz.world.watch.query import Query, select
from sockviz.world.watch.waits import Wait, Waits


def test_a_connection_waits_is_taken_and_goes() -> None:
    waiting = begun(sample(2 * SECOND, row(1)))
    (one,) = waiting.connections.values()
    assert (one.waits, one.accepted, one.ready, one.wait(3 * SECOND)) == (True, False, 2 * SECOND, SECOND)
    assert waiting.listeners[LOCAL].unaccepted == 1
    fold(waiting, sample(4 * SECOND, row(1, inode=7, pid=9, fd=5)))
    assert (one.waits, one.accepted, one.pid, one.fd, one.wait(9 * SECOND)) == (False, True, 9, 5, 2 * SECOND)
    summary = waiting.listeners[LOCAL].waits.summary(4 * SECOND)
    # It came up to 100 ms before it was seen, and was taken up to 100 ms before that was.
    assert (summary.p50, summary.within, summary.waiting) == (2100 * MS, 200 * MS, 0)
    fold(waiting, sample(5 * SECOND, gone=[1]))
    assert waiting.connections == {}
    assert one.state == "CLOSED"
    here = waiting.listeners[LOCAL]
    assert (here.opened, here.accepted, here.closed, sum(here.states.values())) == (1, 1, 1, 0)


def test_what_was_there_before_is_not_measured() -> None:
    watch = folded(header(), chosen(), listener(SECOND), sample(SECOND, row(1), row(2, inode=3)))
    fold(watch, sample(2 * SECOND, row(1, inode=4)))
    here = watch.listeners[LOCAL]
    assert (here.opened, here.accepted) == (0, 1)
    assert here.waits.summary(2 * SECOND).measured == 0
    assert all(one.found for one in watch.connections.values())


def test_an_address_that_is_used_again_is_another_connection() -> None:
    watch = begun(sample(2 * SECOND, row(1, inode=5)))
    again = msgspec.structs.replace(row(1, inode=6), cookie=77)
    fold(watch, sample(3 * SECOND, again))
    assert [one.id for one in watch.connections.values()] == [2]
    assert (watch.listeners[LOCAL].opened, watch.listeners[LOCAL].closed) == (2, 1)


def traced(t: int, number: int, *states: str) -> list[AnyEvent]:
    return [
        StateTraced(t=t, host="server", local=LOCAL, remote=f"127.0.0.9:{number}", before=before, after=after)
        for before, after in pairwise(states)
    ]


def test_a_row_that_was_read_before_its_connection_ended_is_no_news() -> None:
    life = ("LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE")
    watch = begun(*traced(2 * SECOND, 1, *life), sample(2 * SECOND + MS, row(1), began=2 * SECOND - MS))
    assert watch.connections == {}
    fold(watch, sample(3 * SECOND, gone=[1]))
    assert (watch.listeners[LOCAL].opened, watch.listeners[LOCAL].closed) == (1, 1)


def test_the_table_corrects_what_packets_let_us_conclude() -> None:
    def captured(t: int, sender: str, flags: str, seq: int = 0, ack: int = 0) -> SegmentCaptured:
        ends = ("127.0.0.9:1", LOCAL) if sender == "client" else (LOCAL, "127.0.0.9:1")
        segment = Segment(
            source=ends[0], destination=ends[1], flags=flags, seq=seq, ack=ack, window=1, length=0
        )
        return SegmentCaptured(t=t, id=t, sender=sender, receiver="", segment=segment)

    watch = begun(
        captured(2 * SECOND, "client", "SYN"),
        captured(2 * SECOND + 1, "server", "SYN|ACK"),
        captured(2 * SECOND + 2, "client", "ACK", 1, 1),
    )
    (one,) = watch.connections.values()
    assert (one.state, one.provenance, one.waits) == ("ESTABLISHED", "inferred", True)
    # The accept queue was full: the kernel ignored the ACK.
    fold(watch, sample(3 * SECOND, row(1, "SYN_RECV")))
    assert (one.state, one.provenance, watch.listeners[LOCAL].waits.queue) == ("SYN_RECV", "sampled", {})


def test_ends_by_packets_of_who_closes_first() -> None:
    watch = begun(sample(2 * SECOND, row(1, inode=5)))
    (one,) = watch.connections.values()
    for t, sender, flags, seq, ack, state in (
        (1, "server", "FIN|ACK", 10, 20, "FIN_WAIT1"),
        (2, "client", "ACK", 20, 11, "FIN_WAIT2"),
        (3, "client", "FIN|ACK", 20, 11, "TIME_WAIT"),
    ):
        ends = ("127.0.0.9:1", LOCAL) if sender == "client" else (LOCAL, "127.0.0.9:1")
        segment = Segment(
            source=ends[0], destination=ends[1], flags=flags, seq=seq, ack=ack, window=1, length=0
        )
        fold(watch, SegmentCaptured(t=2 * SECOND + t, id=t, sender=sender, receiver="", segment=segment))
        assert one.state == state


def test_history_fills_columns_with_what_was() -> None:
    history = History()
    first = history.at(4 * WIDTH)
    first.depth, first.depth_now, first.limit, first.opened = 9, 2, 8, 5
    second = history.at(6 * WIDTH)
    second.depth, second.depth_now = 4, 4
    columns = history.columns(2 * WIDTH, 8 * WIDTH, 6)
    assert [one.depth for one in columns] == [0, 0, 9, 2, 4, 4]
    assert [one.known for one in columns] == [False, False, True, True, True, True]
    assert [one.opened for one in columns] == [0, 0, 5, 0, 0, 0]
    assert [one.depth for one in history.columns(2 * WIDTH, 8 * WIDTH, 3)] == [0, 9, 4]
    assert history.total(4 * WIDTH, 6 * WIDTH).opened == 5
    assert history.total(5 * WIDTH, 6 * WIDTH).opened == 0


def test_percentiles_are_of_the_last_minute() -> None:
    waits = Waits()
    for number in range(100):
        waits.record(Wait(100 * SECOND, 0, (number + 1) * MS))
    waits.record(Wait(10 * SECOND, 0, 999 * SECOND))
    waits.enter(5, 90 * SECOND)
    summary = waits.summary(100 * SECOND)
    assert (summary.p50, summary.p99, summary.oldest, summary.waiting) == (50 * MS, 99 * MS, 10 * SECOND, 1)
    assert Waits().summary(0).p50 is None


def test_select_filters_and_sorts() -> None:
    watch = begun(
        sample(2 * SECOND, row(3, inode=1), row(20, recv_queue=5)),
        sample(4 * SECOND, row(1, "CLOSE_WAIT", inode=2, recv_queue=9)),
    )

    def ports(**query: object) -> list[int]:
        return [int(one.remote.rpartition(":")[2]) for one in select(watch, (), Query(**query))]

    assert ports() == [3, 20, 1]
    assert ports(sort="peer") == [1, 3, 20]
    assert ports(sort="recv", descending=True) == [1, 20, 3]
    assert ports(waiting=True) == [20]
    assert ports(states=frozenset({"CLOSE_WAIT"})) == [1]
    assert ports(peer=":20") == [20]
    assert ports(least_age=SECOND) == [3, 20]
    assert ports(sort="age") == [1, 3, 20]
    assert select(watch, (OTHER,), Query()) == []


def test_a_mapped_address_is_the_ipv4_one() -> None:
    assert plain("[::ffff:192.0.2.1]:80") == "192.0.2.1:80"
    assert plain("[::1]:80") == "[::1]:80"
    assert plain("[::ffff:0]:80") == "[::ffff:0]:80"


def anything(seed: int) -> list[AnyEvent]:
    """A long random recording."""
    choice = random.Random(seed)
    found: list[AnyEvent] = [header(), chosen(), listener(1)]
    rows: dict[int, SocketRow] = {}
    for step in range(1, 400):
        t = step * 50 * MS
        kind = choice.random()
        if kind < 0.6:
            gone = [number for number in rows if choice.random() < 0.1]
            for number in gone:
                del rows[number]
            changed = []
            for number in choice.sample(range(200), 10):
                if number in gone:
                    continue
                state = choice.choice(["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT2", "TIME_WAIT"])
                rows[number] = row(number, state, choice.choice([0, 0, 7 + number]), resent=step)
                changed.append(rows[number])
            found.append(sample(t, *changed, gone=gone))
        elif kind < 0.7:
            found.append(listener(t, depth=choice.randrange(10), drops=step))
            found += raised(t, ListenOverflows=choice.randrange(1, 9), ListenDrops=9)
        elif kind < 0.9:
            number = choice.randrange(300)
            found += traced(
                t, number, *choice.choice([("LISTEN", "SYN_RECV", "ESTABLISHED"), ("ESTABLISHED", "CLOSE")])
            )
        else:
            found.append(chosen(t, *choice.choice([(LOCAL,), (LOCAL, OTHER), (OTHER,)])))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_past_is_the_fold_of_what_had_happened(seed: int) -> None:
    recording = anything(seed)
    timeline = WatchTimeline()
    timeline.extend(recording)
    choice = random.Random(seed)
    for count in choice.sample(range(1, len(recording)), 10):
        t = recording[count - 1].t
        if recording[count].t == t:
            continue
        assert timeline.watch_at(t) == folded(*recording[:count])
    assert timeline.watch_at(timeline.end) is timeline.edge


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_connections(seed: int) -> None:
    watch = Watch()
    for number, event in enumerate(anything(seed)):
        fold(watch, event)
        if number % 7:
            continue
        for here in watch.listeners.values():
            states = [one.state for one in watch.connections.values() if one.listener == here.local]
            assert {state: n for state, n in here.states.items() if n} == {
                one: states.count(one) for one in states
            }
            waiting = {
                one.id for one in watch.connections.values() if one.listener == here.local and one.waits
            }
            assert here.waits.queue.keys() == waiting
        known = {one for remotes in watch.index.values() for one in remotes.values()}
        assert watch.connections.keys() == known


def test_every_event_is_taken_in() -> None:
    """Also those that tell of something else."""
    watch = Watch()
    fold(watch, events.Marked(t=1, text="x"))
    fold(watch, events.WireChanged(t=2, mode="flow"))
    assert (watch.t, watch.version) == (2, 2)
