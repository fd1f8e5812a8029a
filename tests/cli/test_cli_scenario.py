"""The life of a headless run, as a playbook: `book >> what happens << what is asked for`."""

import itertools
from collections.abc import Sequence
from typing import Self

import pytest

from sockviz import events as ev
from sockviz.intents import Call, Connect, Intent, Quit, SetAccept
from sockviz.scenario import ANSWER, GREETING, HURRY, PARTING, PATIENCE, QUIET, STALLED, STAY, Life, Phase

SECOND = 1_000_000_000
SERVER, LISTENER = 7, 3
LOCAL = "10.0.0.1:8001"


class Playbook:
    """Feeds a life and compares what it asks for, in order; nothing more may have been asked for."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self.t = 0
        self.calls = itertools.count(1)
        self.asked: list[Intent] = []

    def __rshift__(self, what: "Sequence[ev.AnyEvent] | int") -> Self:
        """Events happen, or so many ns pass."""
        assert not self.asked, f"not expected: {self.asked}"
        if isinstance(what, int):
            self.t += what
            self.asked += self.life.tick(self.t)
            return self
        for event in what:
            self.asked += self.life.receive(event)
        return self

    def __lshift__(self, expected: Intent | Sequence[Intent]) -> Self:
        wanted = [expected] if isinstance(expected, Intent) else list(expected)
        assert self.asked == wanted
        self.asked.clear()
        return self

    def entered(self, host: str, pid: int, name: str, fd: int | None) -> ev.CallEntered:
        return ev.CallEntered(
            t=self.t, call=next(self.calls), host=host, pid=pid, thread="main", name=name, fd=fd
        )

    def returned(
        self, entered: ev.CallEntered, result: int = 0, error: str | None = None, peer: str | None = None
    ) -> ev.CallReturned:
        mine, other = (peer, LOCAL) if entered.host == "client" else (LOCAL, peer)
        return ev.CallReturned(
            t=self.t, call=entered.call, host=entered.host, pid=entered.pid, result=result, error=error,
            local=mine, remote=other,
        )  # fmt: skip

    def call(
        self, host: str, pid: int, name: str, fd: int | None, *, result: int = 0, error: str | None = None,
        peer: str | None = None,
    ) -> list[ev.AnyEvent]:  # fmt: skip
        """A call that returns at once."""
        self.t += 1000
        entered = self.entered(host, pid, name, fd)
        return [entered, self.returned(entered, result, error, peer)]

    def listen(self) -> list[ev.AnyEvent]:
        return self.call("server", SERVER, "listen", LISTENER)

    def socket(self, number: int) -> list[ev.AnyEvent]:
        return self.call("client", pid(number), "socket", None, result=3)

    def connect(self, number: int, error: str | None = None) -> list[ev.AnyEvent]:
        return self.call(
            "client", pid(number), "connect", 3, result=-1 if error else 0, error=error, peer=peer(number)
        )

    def accept(self, number: int) -> list[ev.AnyEvent]:
        return self.call("server", SERVER, "accept", LISTENER, result=fd(number), peer=peer(number))

    def client(self, number: int, name: str, result: int = 0, error: str | None = None) -> list[ev.AnyEvent]:
        return self.call("client", pid(number), name, 3, result=result, error=error)

    def server(self, number: int, name: str, result: int = 0) -> list[ev.AnyEvent]:
        return self.call("server", SERVER, name, fd(number), result=result)

    def seen(self, state: str, *numbers: int) -> list[ev.AnyEvent]:
        """The clients' table is read."""
        self.t += 1000
        rows = tuple(ev.SocketRow(state=state, local=peer(number), remote=LOCAL) for number in numbers)
        return [ev.SocketsSampled(t=self.t, host="client", began=self.t - 500, changed=rows)]

    def close_listener(self) -> list[ev.AnyEvent]:
        return self.call("server", SERVER, "close", LISTENER)


def pid(number: int) -> int:
    return 100 + number


def fd(number: int) -> int:
    return 10 + number


def peer(number: int) -> str:
    return f"10.0.0.2:{40_000 + number}"


def client(number: int, name: str, data: bytes = b"") -> Call:
    return Call(host="client", pid=pid(number), name=name, fd=3, data=data)


def server(number: int, name: str, data: bytes = b"") -> Call:
    return Call(host="server", pid=SERVER, name=name, fd=fd(number), data=data)


ACCEPT = Call(host="server", pid=SERVER, name="accept", fd=LISTENER)
CLOSE_LISTENER = Call(host="server", pid=SERVER, name="close", fd=LISTENER)
END = [SetAccept(mode="manual"), CLOSE_LISTENER]


def connected(book: Playbook, *numbers: int) -> None:
    for number in numbers:
        book >> book.socket(number) << []
    for number in numbers:
        book >> book.connect(number) << []


def converse(book: Playbook, number: int, then: Sequence[Intent]) -> None:
    """From the server's accept() to its close()."""
    book >> book.client(number, "send", 5) << []
    book >> book.server(number, "recv", 5) << [client(number, "recv"), server(number, "send", ANSWER)]
    book >> book.server(number, "send", 7) << []
    book >> book.client(number, "recv", 7) << client(number, "close")
    book >> book.client(number, "close") << server(number, "recv")
    book >> book.server(number, "recv", 0) << []
    book >> book.seen("FIN_WAIT2", number) << server(number, "close")
    book >> book.server(number, "close") << then


def test_a_whole_life_of_one_connection() -> None:
    book = Playbook(Life(1, "auto"))
    book >> book.listen() << Connect(count=1)
    connected(book, 1)
    book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
    converse(book, 1, [])
    book >> QUIET // 2 << []
    book >> QUIET << END
    book >> book.close_listener() << []
    assert not book.life.done
    book >> QUIET << Quit()
    assert book.life.done


def up_to_the_client_s_close(book: Playbook) -> None:
    book >> book.listen() << Connect(count=1)
    connected(book, 1)
    book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
    book >> book.client(1, "send", 5) << []
    book >> book.server(1, "recv", 5) << [client(1, "recv"), server(1, "send", ANSWER)]
    book >> book.server(1, "send", 7) << []
    book >> book.client(1, "recv", 7) << client(1, "close")
    book >> book.client(1, "close") << server(1, "recv")


def test_the_server_closes_once_the_client_was_seen_in_fin_wait2() -> None:
    book = Playbook(Life(1, "auto"))
    up_to_the_client_s_close(book)
    book >> book.seen("FIN_WAIT1", 1) << []
    book >> book.seen("FIN_WAIT2", 1) << []
    book >> book.server(1, "recv", 0) << server(1, "close")
    book >> book.seen("TIME_WAIT", 1) << []
    book >> 2 * PARTING << []


@pytest.mark.parametrize("delay", [0, SECOND])
def test_it_is_not_waited_for_forever(delay: int) -> None:
    book = Playbook(Life(1, "auto", delay=delay))
    up_to_the_client_s_close(book)
    book >> book.server(1, "recv", 0) << []
    book >> PARTING - 1 + 4 * delay << []
    book >> 1 << server(1, "close")
    book >> 1 << []


def test_accept_may_return_before_connect_does() -> None:
    book = Playbook(Life(1, "auto"))
    book >> book.listen() << Connect(count=1)
    book >> book.socket(1) << []
    book >> book.accept(1) << []
    book >> book.connect(1) << [server(1, "recv"), client(1, "send", GREETING)]


def test_the_listener_closes_after_the_last_connection() -> None:
    book = Playbook(Life(2, "auto"))
    book >> book.listen() << Connect(count=2)
    connected(book, 1, 2)
    for number in (2, 1):
        book >> book.accept(number) << [server(number, "recv"), client(number, "send", GREETING)]
    converse(book, 1, [])
    converse(book, 2, [])
    book >> QUIET << END


def test_a_descriptor_s_number_is_used_again() -> None:
    book = Playbook(Life(2, "auto"))
    book >> book.listen() << Connect(count=2)
    connected(book, 1, 2)
    book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
    converse(book, 1, [])
    again = book.call("server", SERVER, "accept", LISTENER, result=fd(1), peer=peer(2))
    book >> again << [server(1, "recv"), client(2, "send", GREETING)]
    book >> book.server(1, "recv", 5) << [client(2, "recv"), server(1, "send", ANSWER)]


def test_it_waits_for_the_last_segment() -> None:
    book = Playbook(Life(0, "manual"))
    book >> book.listen() << CLOSE_LISTENER
    book >> [sent(book, 1)] << []
    book >> book.close_listener() << []
    book >> 2 * QUIET << []
    book >> [ev.SegmentDelivered(t=book.t, id=1)] << []
    book >> QUIET // 2 << []
    book >> [sent(book, 2), ev.SegmentDropped(t=book.t, id=2, cause="cut")] << []
    book >> QUIET // 2 << []
    book >> QUIET << Quit()


def sent(book: Playbook, number: int) -> ev.SegmentSent:
    segment = ev.Segment(source=LOCAL, destination=peer(1), flags="ACK", seq=1, ack=1, window=1, length=0)
    return ev.SegmentSent(t=book.t, id=number, sender="server", receiver="client", segment=segment)


class TestManual:
    def test_accepts_when_all_have_connected(self) -> None:
        book = Playbook(Life(2, "manual"))
        book >> book.listen() << Connect(count=2)
        book >> book.socket(1) << []
        book >> book.socket(2) << []
        book >> book.connect(2) << []
        book >> book.connect(1) << ACCEPT
        book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING), ACCEPT]
        book >> book.accept(2) << [server(2, "recv"), client(2, "send", GREETING)]

    def test_accepts_when_the_rest_can_t_get_in(self) -> None:
        book = Playbook(Life(2, "manual"))
        book >> book.listen() << Connect(count=2)
        book >> book.socket(1) << []
        book >> book.socket(2) << []
        book >> book.connect(1) << []
        book >> STALLED // 2 << []
        book >> STALLED // 2 << ACCEPT
        book >> STALLED << []

    def test_does_not_accept_for_a_client_that_failed(self) -> None:
        book = Playbook(Life(2, "manual"))
        book >> book.listen() << Connect(count=2)
        book >> book.socket(1) << []
        book >> book.socket(2) << []
        book >> book.connect(1, "ECONNREFUSED") << client(1, "close")
        book >> book.client(1, "close") << []
        book >> book.connect(2) << ACCEPT
        book >> book.accept(2) << [server(2, "recv"), client(2, "send", GREETING)]
        converse(book, 2, [])
        book >> QUIET << CLOSE_LISTENER


class TestNever:
    def start(self, clients: int, duration: int | None = None) -> Playbook:
        book = Playbook(Life(clients, "never", duration=duration))
        book >> book.listen() << Connect(count=clients)
        for number in range(1, clients + 1):
            book >> book.socket(number) << []
        return book

    def test_clients_stay_for_the_duration_and_everything_is_closed(self) -> None:
        book = self.start(2, duration=3 * SECOND)
        book >> book.connect(1) << []
        book >> 2 * SECOND << []
        book >> SECOND << [client(1, "close"), client(2, "close")]
        assert book.life.closing
        # The blocked connect() of the second one is interrupted.
        book >> book.connect(2, "EINTR") << []
        book >> book.client(2, "close") << []
        book >> book.client(1, "close") << []
        book >> book.seen("FIN_WAIT2", 1) << CLOSE_LISTENER
        book >> book.close_listener() << []
        book >> QUIET << Quit()

    def test_without_a_duration_they_stay_until_all_have_connected(self) -> None:
        book = self.start(1)
        book >> book.connect(1) << []
        book >> QUIET << client(1, "close")

    def test_without_a_duration_a_full_queue_is_watched_for_a_while(self) -> None:
        book = self.start(2)
        book >> book.connect(1) << []
        book >> STAY // 2 << []
        book >> STAY // 2 << [client(1, "close"), client(2, "close")]


class TestBounds:
    def test_duration_bounds_a_conversation(self) -> None:
        book = Playbook(Life(1, "auto", duration=SECOND))
        book >> book.listen() << Connect(count=1)
        connected(book, 1)
        book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
        book >> SECOND << client(1, "close")
        book >> book.client(1, "recv", -1, "EINTR") << []
        book >> book.client(1, "close") << []
        book >> book.seen("FIN_WAIT2", 1) << server(1, "close")
        book >> book.server(1, "recv", 0) << []
        book >> book.server(1, "close") << END
        book >> book.close_listener() << []
        book >> QUIET << Quit()

    def test_a_close_that_is_not_answered_is_not_waited_for_forever(self) -> None:
        book = Playbook(Life(1, "auto", duration=SECOND))
        book >> book.listen() << Connect(count=1)
        connected(book, 1)
        book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
        book >> SECOND << client(1, "close")
        book >> book.client(1, "close") << []
        book >> PARTING // 2 << []
        book >> PARTING // 2 << server(1, "close")

    def test_what_is_accepted_while_closing_is_closed(self) -> None:
        book = Playbook(Life(1, "auto", duration=SECOND))
        book >> book.listen() << Connect(count=1)
        connected(book, 1)
        book >> SECOND << client(1, "close")
        book >> book.accept(1) << server(1, "close")

    @pytest.mark.parametrize("accept", ["auto", "manual", "never"])
    def test_nothing_that_hangs_is_waited_for_forever(self, accept: str) -> None:
        life = Life(3, accept)
        book = Playbook(life)
        book >> book.listen() << Connect(count=3)
        for number in (1, 2, 3):
            book >> book.socket(number) << []
        for _ in range(10):
            book >> PATIENCE + SECOND
            book.asked.clear()
        assert life.done

    def test_the_operator_may_end_it_at_any_time(self) -> None:
        book = Playbook(Life(1, "auto"))
        book >> book.listen() << Connect(count=1)
        connected(book, 1)
        assert book.life.end(book.t) == [client(1, "close")]
        assert book.life.end(book.t) == []
        assert book.life.phase is Phase.CLOSING

    def test_the_end_may_come_before_the_beginning(self) -> None:
        book = Playbook(Life(1, "auto"))
        assert book.life.end(0) == [SetAccept(mode="manual")]
        book >> QUIET << Quit()


def killed(book: Playbook, host: str, process: int) -> list[ev.AnyEvent]:
    return [ev.ProgramEnded(t=book.t, host=host, pid=process, status=-9)]


def test_a_client_that_is_killed_is_not_waited_for() -> None:
    book = Playbook(Life(2, "auto"))
    book >> book.listen() << Connect(count=2)
    book >> book.socket(1) << []
    book >> killed(book, "client", pid(2)) << []  # before it had a socket
    book >> book.connect(1) << []
    book >> book.accept(1) << [server(1, "recv"), client(1, "send", GREETING)]
    book >> killed(book, "client", pid(1)) << server(1, "recv")
    book >> book.server(1, "recv", 0) << []
    book >> PARTING << server(1, "close")
    book >> book.server(1, "close") << []
    assert book.life.phase is Phase.RESTING


def test_without_a_server_it_is_over() -> None:
    book = Playbook(Life(1, "auto"))
    book >> book.listen() << Connect(count=1)
    connected(book, 1)
    book >> killed(book, "server", SERVER) << client(1, "close")
    book >> book.client(1, "close") << []
    book >> PATIENCE << SetAccept(mode="manual")
    assert book.life.phase is Phase.SETTLING


def test_who_wants_the_end_waits_for_nothing_long() -> None:
    book = Playbook(Life(1, "auto"))
    book >> book.listen() << Connect(count=1)
    connected(book, 1)
    book.asked += book.life.end(book.t)
    book << client(1, "close")
    for expected in ([], END, [], [Quit()]):
        book >> HURRY << expected
    assert book.life.done
