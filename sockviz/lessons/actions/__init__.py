"""What a lesson may do: the actions of free play. Pure.

An action is a table whose first key says what is done: `{ release = "SYN", connection = 1 }`. It is carried
out by the engine; the next one begins when it has had its effect and everything has come to rest.
"""

from sockviz.lessons.actions.action import Action
from sockviz.lessons.actions.calls import (
    Abort,
    Accept,
    Close,
    Interrupt,
    MakeCall,
    Recv,
    Send,
    SetOption,
    Shutdown,
)
from sockviz.lessons.actions.lesson import Again, Mark, Wait
from sockviz.lessons.actions.programs import Connect, End, Start
from sockviz.lessons.actions.server import Accepting, Backlog, Open, Sysctl
from sockviz.lessons.actions.wire import Flood, Lose, Release, SetWire
from sockviz.lessons.words import VOCABULARIES, Vocabulary

__all__ = ["ACTIONS", "Action", "Again", "MakeCall", "Mark", "Open", "SetWire", "Start", "Sysctl", "Wait"]

ACTIONS = Vocabulary("action")
ACTIONS.add(
    (
        Connect, Start, End, Accept, Send, Recv, Shutdown, Close, Abort, Interrupt, SetOption, MakeCall, Open,
        Backlog, Accepting, Release, Lose, SetWire, Sysctl, Flood, Wait, Again, Mark
    )
)  # fmt: skip
VOCABULARIES[Action] = ACTIONS
