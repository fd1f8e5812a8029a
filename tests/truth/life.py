"""A life of some connections, played on a real engine and compared with the kernel's account of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from driver import Engine
from kernel import Tracer, expected

from sockviz import events, intents
from sockviz.export.states import states


class Life(Engine):
    """An engine whose life is compared with the kernel's account when it is over."""

    exported: list[dict[str, Any]]

    def all_returned(self, name: str, count: int, **fields: Any) -> list[events.CallReturned]:
        """Wait until so many calls of this name have returned like this; those, in order."""

        def found() -> list[events.CallReturned]:
            calls = {entered.call for entered in self.every(events.CallEntered, name=name)}
            return [
                returned for returned in self.every(events.CallReturned, **fields) if returned.call in calls
            ]

        self.until(lambda: len(found()) >= count, f"{count} of {name} {fields}")
        return found()

    def accepted(self, count: int = 1) -> list[int]:
        """The server's descriptors, in the order of accept()."""
        return [returned.result for returned in self.all_returned("accept", count, error=None)]

    def connected(self, count: int) -> None:
        self.all_returned("connect", count, error=None)

    def close_listener(self) -> None:
        self.call("server", "close", self.returned("socket").result)
        self.until(lambda: not self.has("server", "LISTEN"), "no listener")

    def has(self, host: str, state: str) -> bool:
        return any(row.state == state for row in self.rows[host].values())

    def over(self) -> None:
        """Wait until nothing is left but TIME_WAIT."""
        rows = self.rows.values()
        self.until(
            lambda: {row.state for host in rows for row in host.values()} <= {"TIME_WAIT"}, "all closed"
        )

    def seen(self, host: str) -> set[str]:
        """The states that the export has of a host's ends."""
        return {state["to"] for state in self.exported if state["host"] == host}


@contextmanager
def life(source: str, port: int, **setup: Any) -> Iterator[Life]:
    """Play a life in the `with` block; after it the two accounts are compared."""
    with Tracer(port) as tracer, Life(source=source, port=port, **setup) as engine:
        engine.returned("listen")
        yield engine
        engine.over()
        engine.send(intents.Quit())
        engine.event(events.Ended)
        assert engine.process.wait(15) == 0
        tracer.stop()
        engine.exported = list(states(engine.events))
        kernel = tracer.sequences()
        assert kernel
        assert expected(engine.exported) == kernel
        assert [row["t"] for row in engine.exported] == sorted(row["t"] for row in engine.exported)
