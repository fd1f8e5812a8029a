"""What to press next on the screens of watched listeners, and what has to be known before that. Pure.

Keys stand in `backquotes`.
"""

from sockviz.errors import printable
from sockviz.tui.actions.action import Situation, Watched
from sockviz.tui.hints import Hint


def of_list(situation: Situation) -> Hint:
    """Above the buttons of the list."""
    watched = situation.watched or Watched()
    if general := _general(situation):
        return general
    if not watched.rows:
        return _nothing(watched)
    if watched.marked:
        return Hint(f"{watched.marked} marked: `Enter` watches them closely, `Space` takes a mark away.")
    if situation.replayed and not watched.chosen:
        return Hint("The recording has all listeners, and no connections yet: `p` plays it on.")
    return Hint("`Enter` watches a listener closely, `Space` marks several; `/` filters, `s` sorts.")


def _nothing(watched: Watched) -> Hint:
    if watched.filtered:
        return Hint("No listener has that: `Esc` shows all of them again.", urgent=True)
    return Hint("Nobody listens here at the moment. A listener is shown as soon as there is one.")


def of_one(situation: Situation) -> Hint:
    """Above the buttons of the listener that is shown."""
    watched = situation.watched or Watched()
    if general := _general(situation):
        return general
    if watched.filtered and not watched.rows:
        return Hint("No connection is like that: `Esc` shows all of them again.", urgent=True)
    if watched.open:
        return Hint("`Esc` closes this, `PgUp` and `PgDn` scroll it.")
    if not watched.rows:
        return Hint("It has no connection now. One is shown as soon as it comes.")
    other = " `Tab` shows the next listener." if watched.chosen > 1 else ""
    return Hint(f"`Enter` looks into a connection, `/` filters, `w` shows only those that wait.{other}")


def _general(situation: Situation) -> Hint | None:
    """What matters more than what can be done."""
    replayed = printable(situation.replayed)
    if situation.world.header is None:
        return Hint(f"Reading {replayed} …" if replayed else "Reading the kernel's listeners …")
    if replayed and not situation.at_end and not situation.paused:
        return Hint("The recording plays. `p` stops it, `<` `>` change its speed, `]` goes to a drop.")
    if situation.over:
        text = "Watching has ended. `←` and `→` step through what was seen, `q` quits."
        return Hint(text, urgent=True)
    if situation.past:
        return Hint("You see the PAST, watching goes on. `←` `→` step, `End` goes to now.", urgent=True)
    if situation.paused and not replayed:
        return Hint("Paused: the screen stands, nothing else does. `p` goes on.", urgent=True)
    return None
