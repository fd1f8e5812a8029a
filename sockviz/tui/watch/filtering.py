"""What is typed to find connections among very many, as a query. Pure.

`10.0.0.2`, `:443`: in the peer's address; `ESTABLISHED`, `time_wait`, `fin`: the state; `waiting`: for
accept(); `>5s`, `>2min`: the age. All that is typed has to hold.
"""

import re
from typing import Final, NamedTuple

from sockviz.tui.watch.render.connections import SORTS
from sockviz.world.watch.history import STATES
from sockviz.world.watch.query import Query

EXAMPLE: Final = "10.0.0.2   or   close_wait   or   waiting   or   >5s"
_AGE: Final = re.compile(r">\s*(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|min|h)?")
_UNITS: Final = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}
_SHORTEST: Final = 3
"""Letters by which a state is recognised."""


class Sorting(NamedTuple):
    """By which column, and which way."""

    key: str
    descending: bool


def query(text: str, picked: frozenset[str], sorting: Sorting, *, waiting: bool) -> Query:
    """What is asked for; `picked`: the states that were chosen by a key or a click."""
    states, peer, age = picked, "", 0
    for word in text.split():
        found = _states(word)
        measured = _AGE.fullmatch(word)
        if word.lower() == "waiting":
            waiting = True
        elif found:
            states = found if states is picked else states | found
        elif measured:
            age = round(float(measured[1]) * _UNITS[measured[2] or "s"])
        else:
            peer = word
    return Query(
        states=states,
        waiting=waiting,
        peer=peer,
        least_age=age,
        sort=SORTS.get(sorting.key, "id"),
        descending=sorting.descending,
    )


def _states(word: str) -> frozenset[str]:
    """The states that begin like this: `fin` is two of them."""
    wanted = word.upper().replace("-", "_")
    if len(wanted) < _SHORTEST or not wanted[0].isalpha():
        return frozenset()
    return frozenset(state for state in STATES if state.startswith(wanted))
