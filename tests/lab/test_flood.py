"""A flood at full speed: all of it is accounted for, and the engine's memory is bounded."""

import pytest
from flooded import Flooded

from sockviz import intents
from sockviz.lab.wire import ROOM

pytestmark = pytest.mark.lab
MANY = 60_000
"""More than the kernel keeps for a wire that does not take them."""
BOUND = 3 * ROOM
"""On the wire as events tell it: what has waited counts as sent up to `wire.LATE` before there was room."""
OTHERS = 8
"""Packets besides the flood that may be lost, too: the kernel looks for routers and neighbours (RFC 4861)."""


@pytest.mark.parametrize("cookies", ["1", "0"])
def test_what_the_kernels_count_is_told(lab, cookies):
    with Flooded(accept="auto") as engine:
        engine.send(intents.SetSysctl(host="server", name="net.ipv4.tcp_syncookies", value=cookies))
        engine.flood(5_000)
        engine.over()
        assert engine.sent == 5_000
        assert 0 <= engine.seen["SYN"] + engine.lost - engine.sent <= OTHERS
        engine.until(engine.agrees, "counters as in proc")
        counter = "SyncookiesSent" if cookies == "1" else "TCPReqQFullDrop"
        assert engine.told["server", counter] > 4_000
        assert engine.most_on_wire < BOUND


def test_whoever_floods_all_of_it_is_accounted_for(user):
    """The kernel keeps fewer packets for those who may not ask for more."""
    with Flooded(prefix=user, accept="auto") as engine:
        engine.flood(3_000)
        engine.over()
        assert engine.sent == 3_000
        assert 0 <= engine.seen["SYN"] + engine.lost - engine.sent <= OTHERS
        engine.until(engine.agrees, "counters as in proc")


def test_what_nobody_has_time_for_is_lost_and_counted(lab):
    with Flooded(accept="auto") as engine:
        engine.flood(MANY)
        engine.may_read.clear()  # nobody reads the events
        engine.wait_for_silence()
        engine.may_read.set()
        engine.over()
        assert engine.sent == MANY
        assert engine.lost > 0
        assert 0 <= engine.seen["SYN"] + engine.lost - engine.sent <= OTHERS
        engine.until(engine.agrees, "counters as in proc")
