"""What two sockets can do to each other, done for real on the loopback of a namespace: named, with how it
begins and ends."""

import contextlib
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
import pytest
import traffic
from traffic import abort, close_in_order, deaf, end_of_file, exactly, pair, resent, talk, tcp, until

from sockviz.recording.capture.catalogue import Ending


@dataclass
class Stage:
    """What the scenarios play on, and what they leave open."""

    server: socket.socket
    server6: socket.socket
    open: ExitStack
    before: tuple[socket.socket, ...] = ()
    """A connection from before the capture."""

    def pair(
        self, *, six: bool = False, source: tuple[str, int] | None = None
    ) -> tuple[socket.socket, socket.socket]:
        """A new connection; what its scenario does not close stays open until all is over."""
        client, accepted = pair(self.server6 if six else self.server, source)
        return self.keep(client), self.keep(accepted)

    def keep(self, one: socket.socket) -> socket.socket:
        return self.open.enter_context(contextlib.closing(one))


Scenario = Callable[[Stage], "socket.socket | str"]
SCENARIOS: dict[str, tuple[Scenario, str, Ending]] = {}
"""Name → what happens, and the handshake and the ending that are to be found."""


def scenario(handshake: str, ending: Ending) -> Callable[[Scenario], Scenario]:
    """Each returns the client's address."""

    def keep(function: Scenario) -> Scenario:
        SCENARIOS[function.__name__] = (function, handshake, ending)
        return function

    return keep


def name(one: socket.socket) -> str:
    ip, port, *_ = one.getsockname()
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


@scenario("full", Ending.CLOSED)
def the_client_closes_first(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def the_server_closes_first(stage: Stage) -> str:
    client, accepted = stage.pair()
    address = name(client)
    close_in_order(accepted, client)
    return address


@scenario("full", Ending.CLOSED)
def ipv6(stage: Stage) -> str:
    client, accepted = stage.pair(six=True)
    talk(client, accepted, 100_000, 10)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.OPEN)
def still_open(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    return name(client)


@scenario("full", Ending.CLOSED)
def half_close(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.shutdown(socket.SHUT_WR)
    end_of_file(accepted)
    accepted.sendall(bytes(300_000))
    exactly(client, 300_000)
    address = name(client)
    close_in_order(accepted, client)
    return address


@scenario("full", Ending.HALF_CLOSED)
def half_closed_for_good(stage: Stage) -> str:
    client, accepted = stage.pair()
    accepted.shutdown(socket.SHUT_WR)
    end_of_file(client)
    talk_back = client.send(b"still here")
    exactly(accepted, talk_back)
    return name(client)


@scenario("full", Ending.RESET)
def the_client_resets(stage: Stage) -> str:
    client, accepted = stage.pair()
    talk(client, accepted)
    address = name(client)
    abort(client)
    return address


@scenario("full", Ending.RESET)
def the_server_closes_with_unread_data(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.sendall(b"unread")
    until(lambda: accepted.recv(6, socket.MSG_PEEK) == b"unread", "arrived")
    address = name(client)
    accepted.close()
    with contextlib.suppress(ConnectionResetError):
        client.recv(1)
    client.close()
    return address


@scenario("partial", Ending.REFUSED)
def refused(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.bind(("127.0.0.1", 0))
    address = name(client)
    with pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.2", stage.server.getsockname()[1]))
    client.close()
    return address


@scenario("full", Ending.CLOSED)
def data_lost_and_sent_again(stage: Stage) -> str:
    client, accepted = stage.pair()
    with deaf(accepted):
        client.sendall(bytes(100))
        until(lambda: resent(client) >= 2, "sent again")
    exactly(accepted, 100)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def much_lost_by_chance(stage: Stage) -> str:
    client, accepted = stage.pair()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with deaf(accepted, 0.2), deaf(client, 0.1):
        for _ in range(60):
            client.sendall(bytes(1500))
        exactly(accepted, 60 * 1500)
    until(lambda: resent(client) > 0 and not unacknowledged(client), "all acknowledged")
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.CLOSED)
def the_syn_is_lost_at_first(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.setblocking(False)
    with deaf(stage.server):
        client.connect_ex(stage.server.getsockname())
        until(lambda: resent(client) >= 1, "the SYN sent again")
    client.settimeout(traffic.BOUND)
    accepted = stage.keep(stage.server.accept()[0])
    accepted.settimeout(traffic.BOUND)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("partial", Ending.UNANSWERED)
def unanswered(stage: Stage) -> str:
    client = stage.keep(tcp())
    client.setblocking(False)
    with deaf(stage.server):
        client.connect_ex(stage.server.getsockname())
        address = name(client)
        until(lambda: resent(client) >= 1, "the SYN sent again")
        client.close()
    return address


@scenario("full", Ending.UNANSWERED)
def the_peer_vanishes(stage: Stage) -> str:
    client, accepted = stage.pair()
    stage.open.enter_context(deaf(accepted))
    client.sendall(b"anybody?")
    until(lambda: resent(client) >= 3, "sent again")
    return name(client)


@scenario("full", Ending.CLOSED)
def both_close_at_once(stage: Stage) -> str:
    client, accepted = stage.pair()
    with deaf(client), deaf(accepted):
        client.shutdown(socket.SHUT_WR)
        accepted.shutdown(socket.SHUT_WR)
        until(
            lambda: (
                psutil_state(name(client)) == "FIN_WAIT1" == psutil_state(name(accepted), back=name(client))
            ),
            "both",
        )
    end_of_file(client)
    end_of_file(accepted)
    address = name(client)
    until(lambda: psutil_state(address) == "TIME_WAIT", "closed")
    client.close()
    accepted.close()
    return address


@scenario("full", Ending.CLOSED)
def the_same_addresses_again(stage: Stage) -> str:
    """The server closes first and is in TIME_WAIT, out of which a new SYN takes it."""
    client, accepted = stage.pair()
    address = name(client)
    source = client.getsockname()
    close_in_order(accepted, client)
    client, accepted = stage.pair(source=source)
    talk(client, accepted)
    close_in_order(client, accepted)
    return address


@scenario("none", Ending.CLOSED)
def begun_before_the_capture(stage: Stage) -> str:
    client, accepted = stage.before
    talk(client, accepted)
    address = name(client)
    close_in_order(client, accepted)
    return address


@scenario("full", Ending.OPEN)
def kept_alive(stage: Stage) -> str:
    client, accepted = stage.pair()
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        client.setsockopt(socket.IPPROTO_TCP, option, 1)
    talk(client, accepted)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    before = received(client)
    until(lambda: received(client) > before, "the answer to a keepalive")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    return name(client)


@scenario("full", Ending.OPEN)
def never_accepted(stage: Stage) -> str:
    """The last one, else accept() would give it to somebody else."""
    other = stage.keep(tcp())
    other.connect(stage.server.getsockname())
    other.sendall(b"nobody reads this")
    until(lambda: psutil_state(name(other)) == "ESTABLISHED", "connected")
    return name(other)


def unacknowledged(one: socket.socket) -> int:
    """`tcpi_unacked`."""
    return _info(one)[8 + 4]


def received(one: socket.socket) -> int:
    """Segments (`tcpi_segs_in`)."""
    raw = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int.from_bytes(raw[140:144], "little")


def _info(one: socket.socket) -> tuple[int, ...]:
    layout = traffic._INFO
    return layout.unpack(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, layout.size))


def rows() -> dict[tuple[str, str], str]:
    """The kernel's table."""

    def text(address: tuple) -> str:
        return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"

    return {
        (text(row.laddr), text(row.raddr)): row.status
        for row in psutil.net_connections("tcp")
        if row.raddr and row.status != "LISTEN"
    }


def psutil_state(local: str, back: str = "") -> str | None:
    return next((state for ends, state in rows().items() if ends[0] == local and back in ("", ends[1])), None)
