"""Actions on the server and its kernel. Pure."""

from typing import Annotated, ClassVar, Literal

from sockviz import intents
from sockviz.lessons.actions.action import Action
from sockviz.lessons.moment import Moment
from sockviz.lessons.names import ERRNOS, Host
from sockviz.lessons.performance import Look, Performance, until
from sockviz.lessons.phrases import said
from sockviz.lessons.words import doc, unknown
from sockviz.tcp.states import State


class Open(Action, frozen=True, kw_only=True):
    """Have the server listen (again): socket(), bind(), listen()."""

    KEY: ClassVar[str] = "open"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ open = "listener" }', '{ open = "listener", reuse = false }')
    open: Annotated[Literal["listener"], doc("always that")]
    reuse: Annotated[bool, doc("set SO_REUSEADDR before bind(), as servers do")] = True
    backlog: Annotated[int | None, doc("without: the one of before")] = None
    fails: Annotated[str, doc("the errno that it is expected to fail with")] = ""

    def flaw(self) -> str | None:
        """An errno that there is."""
        return None if self.fails in ("", *ERRNOS) else unknown("errno", self.fails, ERRNOS)

    def endures(self) -> bool:
        """The engine refuses what fails."""
        return bool(self.fails)

    def perform(self, look: Look) -> Performance:
        """Go on when it listens, or when a call has failed as expected."""
        before = {call.id for call in look().calls()}
        yield intents.Open(reuse=self.reuse, backlog=self.backlog)
        if self.fails:

            def failed(now: Moment) -> bool:
                new = (call for call in now.calls() if call.id not in before)
                failing = any(call.host == "server" and call.error == self.fails for call in new)
                return failing and bool(now.refused)

            yield from until(look, failed, said("{errno} of a call of the server", errno=self.fails))
            return
        yield from until(
            look, lambda now: now.listener is not None and now.listener.state is State.LISTEN, said("LISTEN")
        )


class Backlog(Action, frozen=True, kw_only=True):
    """Call listen() again on the listening socket: its queue's limit changes at once."""

    KEY: ClassVar[str] = "backlog"
    EXAMPLES: ClassVar[tuple[str, ...]] = ("{ backlog = 5 }",)
    backlog: Annotated[int, doc("the new one")]

    def perform(self, look: Look) -> Performance:
        """Go on when the kernel tells a limit again."""
        yield intents.SetBacklog(backlog=self.backlog)

        def changed(now: Moment) -> bool:
            found = now.listener
            return found is not None and found.backlog == self.backlog and found.limit is not None

        yield from until(look, changed, said("{name}() to return", name="listen"))


class Accepting(Action, frozen=True, kw_only=True):
    """Whether the server accepts by itself."""

    KEY: ClassVar[str] = "accepting"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ accepting = "auto" }',)
    accepting: Annotated[
        Literal["auto", "manual", "never"],
        doc("`auto`: it is always in accept(); `manual`: only when told to; `never`"),
    ]

    def perform(self, look: Look) -> Performance:
        """Go on when the engine says so."""
        yield intents.SetAccept(mode=self.accepting)
        yield from until(
            look, lambda now: now.world.settings.get("accept") == self.accepting, said("the server to obey")
        )


class Sysctl(Action, frozen=True, kw_only=True):
    """Change a setting of a host's kernel."""

    KEY: ClassVar[str] = "sysctl"
    EXAMPLES: ClassVar[tuple[str, ...]] = ('{ sysctl = "net.ipv4.tcp_abort_on_overflow", value = 1 }',)
    sysctl: Annotated[str, doc("its name: `net.ipv4.tcp_…` or `net.core.somaxconn`")]
    value: Annotated[int, doc("its value")]
    host: Annotated[Host, doc("whose")] = "server"

    def perform(self, look: Look) -> Performance:
        """Go on when it is so."""
        yield intents.SetSysctl(host=self.host, name=self.sysctl, value=str(self.value))
        yield from until(
            look,
            lambda now: now.sysctl(self.host, self.sysctl) == self.value,
            said("{name} to change", name=self.sysctl),
        )
