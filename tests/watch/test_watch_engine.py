"""An engine that watches this machine's listeners: what is found and refused; owners, groups, families."""

import contextlib
import os
import socket
import subprocess
import sys

import pytest
from watch_driver import AS_NOBODY, Namespace, Program, Watching, until

from sockviz.engine.watch import NICE
from sockviz.events import ListenersChosen, SettingChanged, SocketsSampled
from sockviz.intents import Choose, Connect, Mark


@pytest.fixture
def server():
    with socket.create_server(("127.0.0.1", 0), backlog=16) as made:
        yield made


def local(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def test_all_listeners_are_listed_and_counted(server: socket.socket) -> None:
    with socket.create_connection(server.getsockname()), server.accept()[0]:
        with Watching(level="sampling") as watching:
            listener = watching.until(lambda watch: watch.listeners.get(local(server)))
            watching.until(lambda _: listener.established == 1, "it is counted")
            assert (listener.depth, listener.limit, listener.unaccepted, listener.half_open) == (0, 16, 0, 0)
            with socket.create_connection(server.getsockname()):
                watching.until(lambda _: listener.unaccepted == 1, "the one that waits is counted")
                assert listener.depth == 1
                assert listener.established == 2
            watching.until(lambda _: [owner.pid for owner in listener.owners] == [os.getpid()])
            assert watching.watch.processes[os.getpid()].name
        assert watching.watch.chosen == ()
        assert watching.watch.connections == {}
    assert watching.process.returncode == 0
    assert "sampling" in watching.header.capabilities
    assert any("are not seen" in sentence for sentence in watching.header.hidden)


def test_a_listener_is_chosen_and_left_again(server: socket.socket) -> None:
    with socket.create_connection(server.getsockname()) as client, Watching(level="sampling") as watching:
        watching.until(lambda watch: local(server) in watch.listeners)
        watching.send(Choose(listeners=(local(server),)))
        one = watching.until(lambda watch: next(iter(watch.connections.values()), None))
        assert one.remote == f"127.0.0.1:{client.getsockname()[1]}"
        assert (one.state, one.accepted, one.found, one.waits) == ("ESTABLISHED", False, True, True)
        accepted, _ = server.accept()
        with accepted:
            watching.until(lambda _: one.accepted and one.pid == os.getpid() and one.fd == accepted.fileno())
            assert one.taken is not None
        watching.until(lambda _: one.state in {"FIN_WAIT1", "FIN_WAIT2"})
        watching.send(Choose())
        watching.until(lambda watch: not watch.chosen and not watch.connections)
        watching.send(Choose(listeners=("192.0.2.1:1",)))
        watching.until(lambda watch: watch.refused)
        assert watching.watch.refused == "Nobody listens on 192.0.2.1:1."
        watching.send(Connect())
        watching.until(lambda watch: "changed" in watch.refused)
        watching.send(Mark(text="here"))
        watching.until(lambda _: any(event.__class__.__name__ == "Marked" for event in watching.events))


def test_only_what_changed_is_told(server: socket.socket) -> None:
    with (
        Watching(local(server), level="sampling", interval=20_000_000) as watching,
        socket.create_connection(server.getsockname()) as client,
    ):
        watching.until(lambda watch: watch.connections)
        client.sendall(b"hello")
        one = watching.until(lambda watch: next(iter(watch.connections.values())))
        watching.until(lambda _: one.recv_queue == 5)
    samples = [event for event in watching.events if isinstance(event, SocketsSampled)]
    # The first reading, the connection, and what was sent to it; counters of others, but no rows of theirs.
    assert 1 <= sum(len(sample.changed) for sample in samples) <= 3


def test_that_nothing_changes_is_told_from_time_to_time(server: socket.socket) -> None:
    with Watching(local(server), level="sampling") as watching:
        for _ in range(3):
            before = watching.begun().watch.sampled
            watching.until(lambda watch, before=before: watch.sampled > before)


@pytest.mark.parametrize("target", ["exact", "port", "pid"])
def test_targets(server: socket.socket, target: str) -> None:
    number = server.getsockname()[1]
    asked = {"exact": (f"127.0.0.1:{number}",), "port": (f":{number}",), "pid": ()}[target]
    pids = (os.getpid(),) if target == "pid" else ()
    with Watching(*asked, pids=pids, level="sampling") as watching:
        watching.begun()
        assert local(server) in watching.watch.chosen
        if target == "pid":
            with socket.create_server(("127.0.0.1", 0)) as later:
                watching.until(lambda watch: local(later) in watch.chosen, "another listener of the process")
        assert watching.watch.asked == (asked or (f"--pid {os.getpid()}",))


def test_a_server_that_ends_and_comes_back() -> None:
    with Program("echo", "127.0.0.1") as first:
        number = first.first()["port"]
        key = f"127.0.0.1:{number}"
        with Watching(f":{number}", level="sampling") as watching:
            watching.begun()
            first.process.kill()
            watching.until(lambda watch: watch.listeners[key].gone is not None, "it is gone")
            with Program("echo", "127.0.0.1", number):
                watching.until(lambda watch: watch.listeners[key].gone is None, "it is back")
                with socket.create_connection(("127.0.0.1", number)):
                    watching.until(lambda watch: watch.connections)


@pytest.mark.parametrize(
    ("targets", "watched", "kind", "text"),
    [
        ((":1",), {}, "no-listener", "nobody listens on :1"),
        (("192.0.2.1:80",), {}, "no-listener", "nobody listens on 192.0.2.1:80"),
        ((), {"pids": (1 << 21,)}, "no-listener", f"process {1 << 21} listens nowhere"),
        ((), {"netns": "of-nobody"}, "no-netns", "there is no network namespace of-nobody"),
        ((), {"netns": str(1 << 21)}, "no-netns", f"there is no process {1 << 21}"),
    ],
)
def test_what_is_not_there(targets: tuple[str, ...], watched: dict, kind: str, text: str) -> None:
    with Watching(*targets, **watched, level="sampling") as watching:
        watching.process.wait(20)
    assert watching.process.returncode == 2
    assert watching.failure["kind"] == kind
    assert text in watching.failure["message"]
    assert watching.failure["hint"]
    assert watching.events == []


def test_a_group_of_sockets_on_one_port() -> None:
    with Program("group", "127.0.0.1", 3) as group:
        begun = group.first()
        with Watching(f":{begun['port']}", level="sampling") as watching:
            watching.begun()
            listener = watching.watch.listeners[f"127.0.0.1:{begun['port']}"]
            assert len(listener.sockets) == 3
            assert listener.limit == 15
            assert {owner.fd for owner in listener.owners} == set(begun["fds"])
            clients = [socket.create_connection(("127.0.0.1", begun["port"])) for _ in range(6)]
            watching.until(lambda _: listener.depth == listener.unaccepted == 6, "all wait")
            for client in clients:
                client.close()
            watching.until(lambda _: listener.states["CLOSE_WAIT"] == 6, "their peers have closed")
            assert listener.depth == listener.unaccepted == 6


def test_a_dual_stack_listener_has_clients_of_both_families() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        number = server.getsockname()[1]
        with (
            Watching(f":{number}", level="sampling") as watching,
            socket.create_connection(("127.0.0.1", number)) as four,
            socket.create_connection(("::1", number)) as six,
        ):
            watching.until(lambda watch: len(watch.connections) == 2)
            assert watching.watch.listeners[f"[::]:{number}"].dual
            assert {one.remote for one in watching.watch.connections.values()} == {
                f"127.0.0.1:{four.getsockname()[1]}",
                f"[::1]:{six.getsockname()[1]}",
            }
            assert {one.listener for one in watching.watch.connections.values()} == {f"[::]:{number}"}


def test_two_listeners_with_one_port() -> None:
    with socket.socket() as everywhere, socket.socket() as here:
        for server, address in ((everywhere, "0.0.0.0"), (here, "127.0.0.1")):
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((address, everywhere.getsockname()[1] if server is here else 0))
            server.listen()
        number = here.getsockname()[1]
        with (
            Watching(f"0.0.0.0:{number}", level="sampling", interval=20_000_000) as watching,
            socket.create_connection(("127.0.0.1", number)),
            socket.create_connection(("127.0.0.2", number)) as client,
        ):
            one = watching.until(lambda watch: next(iter(watch.connections.values()), None))
            assert one.remote == f"127.0.0.1:{client.getsockname()[1]}" or one.local.startswith("127.0.0.2")
            watching.begun()
            assert {one.local for one in watching.watch.connections.values()} == {f"127.0.0.2:{number}"}


def test_a_forking_servers_children_own_the_connections() -> None:
    with Program("fork") as server:
        number = server.first()["port"]
        with (
            Watching(f":{number}", level="sampling") as watching,
            socket.create_connection(("127.0.0.1", number)),
        ):
            told = until(lambda: server.lines[1] if len(server.lines) > 1 else None)
            one = watching.until(lambda watch: next(iter(watch.connections.values()), None))
            watching.until(lambda _: (one.pid, one.fd) == (told["child"], told["fd"]), "the child has it")


def test_in_another_namespace(root: None) -> None:
    with (
        Namespace() as space,
        Program("slow_server", "0.0.0.0", 80, 4, 100, prefix=space.inside) as server,
        Watching(":80", netns=space.pid) as watching,
    ):
        server.first()
        watching.begun()
        (listener,) = (one for one in watching.watch.listeners.values() if one.port == 80)
        assert listener.limit == 4
        assert [owner.pid for owner in listener.owners] == [server.process.pid]
        with Program("clients", "127.0.0.1", 80, 3, prefix=space.inside):
            watching.until(lambda watch: watch.listeners["0.0.0.0:80"].depth == 3)


def test_an_ordinary_user_on_somebody_elses_listener(root: None, server: socket.socket) -> None:
    with (
        socket.create_connection(server.getsockname()),
        server.accept()[0],
        socket.create_connection(server.getsockname()),
        Watching(local(server), prefix=AS_NOBODY) as watching,
    ):
        watching.until(lambda watch: len(watch.connections) == 2)
        listener = watching.watch.listeners[local(server)]
        assert (listener.depth, listener.limit, listener.unaccepted) == (1, 16, 1)
        assert (listener.owners, listener.uid) == ((), 0)
        accepted = next(one for one in watching.watch.connections.values() if one.accepted)
        assert (accepted.pid, accepted.fd) == (None, None)
    assert "owners" not in watching.header.capabilities
    assert any("another user is not seen" in sentence for sentence in watching.header.hidden)
    assert watching.header.capabilities[0] == "sampling"
    assert any("setpriv" in sentence for sentence in watching.header.hidden)


def test_an_ordinary_user_may_not_enter_a_namespace(root: None) -> None:
    with Namespace() as space, Watching(netns=space.pid, prefix=AS_NOBODY) as watching:
        watching.process.wait(20)
    assert watching.failure["kind"] == "no-netns"
    assert "may not enter" in watching.failure["message"]
    assert f"sudo sockviz watch --netns {space.pid}" in watching.failure["hint"]


def test_the_first_event_is_the_header_and_the_choice_comes_before_the_rows(server: socket.socket) -> None:
    with Watching(local(server), level="sampling") as watching:
        watching.begun()
    assert watching.header.source == "watch"
    kinds = [type(event) for event in watching.events]
    assert kinds.index(ListenersChosen) < kinds.index(SocketsSampled)
    assert [event.t for event in watching.events] == sorted(event.t for event in watching.events)


def test_where_others_want_all_processors_less_is_seen(
    root: None, tracing: None, server: socket.socket
) -> None:
    busy = [sys.executable, "-c", "while True: pass"]
    with contextlib.ExitStack() as stack:
        watching = stack.enter_context(Watching(local(server))).begun()
        watching.until(lambda _: os.getpriority(os.PRIO_PROCESS, watching.process.pid) == NICE)
        for _ in range(3 * (os.cpu_count() or 1)):
            stack.callback(stack.enter_context(subprocess.Popen(busy)).kill)

        def said() -> list[str]:
            for _ in range(100):
                socket.create_connection(server.getsockname()).close()
                server.accept()[0].close()
            return [event.value for event in list(watching.events) if isinstance(event, SettingChanged)]

        assert until(said) == ["sampling"]
