"""`export --to states`: every transition of every end, as it is known in the end."""

import json

from playbook import SERVER, Playbook, arrives, passes, segment
from playbook_calls import accepts, call, connect, establishes, listen, sampled, sees

from sockviz.export.states import lines, states

CLIENT = "10.0.0.2:40001"


def test_a_life_from_closed_to_closed():
    book = Playbook() >> listen() >> establishes(1) >> accepts(1, 4) >> passes(1, "client", "FIN|ACK")
    book >> passes(1, "server", "FIN|ACK") >> passes(1, "client", "ACK") >> call("close", fd=3)
    found = list(states(book.events))
    assert [state["t"] for state in found] == sorted(state["t"] for state in found)
    steps = {}
    for state in found:
        steps.setdefault((state["host"], state["remote"]), []).append((state["from"], state["to"]))
    assert steps == {
        ("server", "0.0.0.0:0"): [("CLOSED", "LISTEN"), ("LISTEN", "CLOSED")],
        ("client", SERVER): [
            ("CLOSED", "SYN_SENT"),
            ("SYN_SENT", "ESTABLISHED"),
            ("ESTABLISHED", "FIN_WAIT1"),
            ("FIN_WAIT1", "FIN_WAIT2"),
            ("FIN_WAIT2", "TIME_WAIT"),
        ],
        ("server", CLIENT): [
            ("LISTEN", "SYN_RECV"),
            ("SYN_RECV", "ESTABLISHED"),
            ("ESTABLISHED", "CLOSE_WAIT"),
            ("CLOSE_WAIT", "LAST_ACK"),
            ("LAST_ACK", "CLOSED"),
        ],
    }


def test_the_fields_of_a_line():
    book = Playbook() >> listen()
    (line,) = lines(book.events)
    assert json.loads(line) == {
        "t": book.listener().since,
        "host": "server",
        "local": SERVER,
        "remote": "0.0.0.0:0",
        "from": "CLOSED",
        "to": "LISTEN",
        "provenance": "sampled",
    }


def test_what_a_reading_confirmed_before_the_next_change_is_sampled():
    book = (
        Playbook() >> listen() >> connect(1) >> sees("client", 1, "SYN_SENT") >> arrives(1, "client", "SYN")
    )
    book >> passes(1, "server", "SYN|ACK") >> passes(1, "client", "FIN|ACK") >> sampled("client")
    mine = [(state["to"], state["provenance"]) for state in states(book.events) if state["host"] == "client"]
    assert mine[:2] == [("SYN_SENT", "sampled"), ("ESTABLISHED", "inferred")]


def test_what_a_reading_took_back_never_happened():
    book = Playbook() >> listen() >> establishes(1)
    before = list(states(book.events))
    book >> passes(1, "client", "FIN|ACK") >> sampled("server")
    assert [s for s in states(book.events) if s["host"] == "server"] == [
        s for s in before if s["host"] == "server"
    ]
    # The reading after that shows it after all.
    book >> segment(1, "client", "FIN|ACK", again=True) >> arrives(1, "client", "FIN|ACK")
    book >> sees("server", 1, "CLOSE_WAIT")
    assert (list(states(book.events))[-1]["to"], list(states(book.events))[-1]["provenance"]) == (
        "CLOSE_WAIT",
        "sampled",
    )


def test_a_connection_whose_addresses_were_used_again_is_told_twice():
    book = Playbook() >> listen()
    for _ in range(2):
        book >> connect(1) >> arrives(1, "client", "SYN") >> passes(1, "server", "RST|ACK")
    mine = [(state["from"], state["to"]) for state in states(book.events) if state["host"] == "client"]
    assert mine == [("CLOSED", "SYN_SENT"), ("SYN_SENT", "CLOSED")] * 2


def test_more_events_than_are_folded_at_once():
    book = Playbook() >> listen() >> establishes(1)
    for _ in range(4200):
        book.events.append(
            type(book.events[0])(**{f: getattr(book.events[0], f) for f in book.events[0].__struct_fields__})
        )
    book.events += (Playbook() >> listen() >> establishes(1) >> passes(1, "client", "FIN|ACK")).events[-2:]
    assert [s["to"] for s in states(book.events)][-2:] == ["FIN_WAIT1", "CLOSE_WAIT"]
