"""Actions that start and end programs. Pure."""

from typing import Annotated, ClassVar, Final

from sockviz import intents
from sockviz.lessons.actions.action import Action, value_of
from sockviz.lessons.amounts import Amount
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import Holder, Host, program_named
from sockviz.lessons.performance import Look, Performance, Waiting, held, until
from sockviz.lessons.phrases import said
from sockviz.lessons.words import doc

MOST_CLIENTS: Final = 100
"""At one time; each is a process."""


class Connect(Action, frozen=True, kw_only=True):
    """Start clients: each is a process with one blocking connect() to the server."""

    KEY: ClassVar[str] = "connect"
    EXAMPLES: ClassVar[tuple[str, ...]] = (
        "{ connect = 1 }",
        '{ connect = "accept_capacity + 1" }',
        "{ connect = 1, port = 5000 }",
        '{ connect = 1, to = "10.0.0.1:9000" }',
    )
    connect: Annotated[Amount, doc("how many clients")]
    to: Annotated[str, doc("where to: an address with a port; without: to the server")] = ""
    port: Annotated[int, doc("the local port of the first one, by bind(); without: the kernel chooses")] = 0

    def flaw(self) -> str | None:
        """A number of clients is no comparison."""
        return "a number of clients was expected, not a comparison" if self.connect.compares else None

    def perform(self, look: Look) -> Performance:
        """Go on when all are in connect(), and their SYNs have been seen."""
        while (count := value_of(self.connect, look())) is None:
            yield Waiting(said("{name} to be known", name=self.connect.text))
        before = set(look().world.programs)
        calls = {one.id for one in look().calls()}
        yield intents.Connect(count=max(1, min(count, MOST_CLIENTS)), address=self.to, port=self.port)

        def connecting(moment: Moment) -> bool:
            new = [
                one
                for key, one in moment.world.programs.items()
                if key not in before and one.host == "client"
            ]
            made = [one for program in new for one in program.calls.values() if one.id not in calls]
            known = [one for one in made if one.name == "connect" and (one.connection or one.returned)]
            return len(known) + sum(not one.running for one in new if not one.calls) >= count

        yield from until(look, connecting, said("{count} to connect", count=count))


class Start(Action, frozen=True, kw_only=True):
    """Start a program that makes no call before it is told to, by `call`."""

    KEY: ClassVar[str] = "start"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ start = "left", host = "client" }',)
    start: Annotated[str, doc("its name: small letters; the lesson speaks of it by this name")]
    host: Annotated[Host, doc("where")]

    def perform(self, look: Look) -> Performance:
        """Go on when it runs."""
        yield intents.Start(host=self.host, program=self.start)
        what = said("the program {name}", name=self.start)
        yield from until(look, lambda now: program_named(now.world, self.start) is not None, what)


class End(Action, frozen=True, kw_only=True):
    """End a program without a close(): the kernel closes all of its descriptors."""

    KEY: ClassVar[str] = "end"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ end = "server" }', '{ end = "client 1" }')
    end: Annotated[Holder, doc("whose program")]

    def perform(self, look: Look) -> Performance:
        """Go on when it has ended."""
        who = yield from held(look, self.end)
        yield intents.End(host=who.host, pid=who.pid)
        key = (who.host, who.pid)
        what = said("the end of {holder}", holder=self.end.phrase)
        yield from until(look, lambda now: not now.world.programs[key].running, what)
