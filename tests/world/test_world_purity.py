"""The world is pure: a fresh process that folds loads nothing that could touch the outside."""

import subprocess
import sys
from copy import deepcopy
from dataclasses import fields

import pytest
from playbook import Playbook, passes
from playbook_calls import accepts, establishes, listen

from sockviz.world.fold import advance
from sockviz.world.model import Connection, Endpoint, Listener, Program
from sockviz.world.thawed import ConnectionDraft, EndDraft, ListenerDraft, ProgramDraft

FORBIDDEN = ("asyncio", "socket", "subprocess", "threading", "scapy", "psutil", "textual", "rich")


def test_folding_loads_nothing_of_the_outside():
    program = (
        "import sys; from sockviz.world.fold import advance; from sockviz.world.model import World; "
        "from sockviz.events import Marked; advance(World(), [Marked(t=1, text='x')]); "
        f"print(*[name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert loaded.split() == []


def test_the_world_one_begins_with_stays_as_it_was():
    """Also what is nested in it: the draft changes copies only."""
    book = Playbook() >> listen() >> establishes(1)
    before, known = book.world, len(book.events)
    image = deepcopy((before.connections, before.listeners, before.programs, before.tables, before.tracking))
    book >> accepts(1, 4) >> passes(1, "client", "PSH|ACK", length=9) >> passes(1, "client", "FIN|ACK")
    assert advance(before, book.events[known:])[0] == book.world
    assert image == (before.connections, before.listeners, before.programs, before.tables, before.tracking)


@pytest.mark.parametrize(
    ("frozen", "thawed"),
    [(Endpoint, EndDraft), (Connection, ConnectionDraft), (Listener, ListenerDraft), (Program, ProgramDraft)],
)
def test_what_is_thawed_has_the_fields_of_what_is_frozen(frozen, thawed):
    assert [f.name for f in fields(frozen)] == [f.name for f in fields(thawed)]
