"""The facts that a lesson may expect, ask about or wait for: what each means, and whether it holds. Pure.

A fact is a table whose first key says what it is about: `{ socket = "server 1", state = "SYN_RECV" }`. All
that it says must be so at one moment. What is read from the kernel counts: a state is the one in the socket
table, not the one that was inferred.
"""

from sockviz.lessons.facts.calls import Called
from sockviz.lessons.facts.fact import Fact, unmet
from sockviz.lessons.facts.logic import AllOf, AnyOf, Not
from sockviz.lessons.facts.server import Compared, Counter, Listening, Queue, Setting
from sockviz.lessons.facts.sockets import Belief, Datagrams, Passed, Socket, Sockets
from sockviz.lessons.facts.wire import Ignored, OnWire, Sent
from sockviz.lessons.words import VOCABULARIES, Vocabulary

__all__ = ["FACTS", "Fact", "Listening", "unmet"]

FACTS = Vocabulary("fact")
FACTS.add(
    (
        Socket, Sockets, Belief, Passed, Datagrams, Queue, Listening, Counter, OnWire, Sent, Ignored, Called,
        Setting, Compared, Not, AnyOf, AllOf,
    )
)  # fmt: skip
VOCABULARIES[Fact] = FACTS
