"""What a lesson speaks of is pointed at, and that is seen without colour, too."""

from dataclasses import replace

from drawn import Artist
from scenes import accepted, listening, syn_recv

from sockviz.tui.density import Density
from sockviz.tui.palettes import PLAIN
from sockviz.tui.view import Spot

ROOMY, SMALL = Artist(46, 13, PLAIN), Artist(30, 10, PLAIN)


def pointing(view, *spots):
    return replace(view, pointed=frozenset(spots))


def marked(picture, text, *signs):
    """The only line between the signs says `text`."""
    first, last = signs or ("▶", "◀")
    (line,) = [line for line in picture.text.splitlines() if first in line and last in line]
    assert text in line[line.index(first) : line.rindex(last)], picture.text


def test_an_end_is_pointed_at_in_its_panel_whether_it_or_its_row_is_spoken_of():
    for artist in (ROOMY, SMALL):
        for kind in ("end", "row"):
            view = pointing(accepted(), Spot(kind, "server", 1))
            (line,) = [x for x in artist.server(view).text.splitlines() if "█ ESTABLISHED" in x and "●1" in x]
            assert "▶●1 █ ESTABLISHED" in line
            assert "◀" in line
            assert "◀" not in artist.client(view).text
    marked(ROOMY.client(pointing(accepted(), Spot("end", "client", 1))), "●1 █ ESTABLISHED")


def test_a_servers_end_is_its_descriptor_too():
    lines = ROOMY.server(pointing(accepted(), Spot("end", "server", 1))).text.splitlines()
    assert sum("▶" in line for line in lines) == 2
    assert any("▶fd 4 ●1" in line for line in lines)


def test_a_call_is_pointed_at_where_it_is_shown():
    view = accepted()
    (call,) = [c for p in view.world.programs.values() for c in p.calls.values() if c.name == "recv"]
    marked(ROOMY.server(pointing(view, Spot("call", number=call.id))), "recv(4)")


def test_the_queues_the_listener_and_the_wire_are_pointed_at():
    marked(ROOMY.server(pointing(syn_recv(), Spot("queue", "server", name="SYN"))), "SYN queue")
    marked(SMALL.server(pointing(syn_recv(), Spot("queue", "server", name="accept"))), "accept")
    marked(SMALL.server(pointing(listening(), Spot("listener", "server"))), "fd 3")
    marked(ROOMY.wire(pointing(listening(), Spot("wire"))), "wire")


def test_a_packet_is_pointed_at_on_the_wire():
    view = syn_recv()
    (flight,) = view.world.wire.in_flight.values()
    marked(ROOMY.wire(pointing(view, Spot("packet", number=flight.id))), "SYN-ACK", "»", "«")


def test_a_host_as_a_whole_has_another_frame():
    plain, pointed = (
        ROOMY.client(pointing(accepted(), *spots)).text for spots in ((), (Spot("host", "client"),))
    )
    assert "┏" in pointed
    assert "┏" not in plain


def test_a_row_of_the_table_is_pointed_at():
    text = Artist(80, 10, PLAIN).table(pointing(accepted(), Spot("row", "server", 1))).text
    (line,) = [line for line in text.splitlines() if "▶" in line]
    assert "ESTABLISHED" in line
    text = Artist(80, 10, PLAIN).table(pointing(accepted(), Spot("listener-row", "server"))).text
    (line,) = [line for line in text.splitlines() if "▶" in line]
    assert "LISTEN" in line


def test_on_a_projector_too():
    large = replace(pointing(accepted(), Spot("row", "server", 1)), density=Density.LARGE)
    marked(Artist(46, 22, PLAIN).server(large), "ESTABLISHED")
