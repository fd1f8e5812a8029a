"""What programs call, and what is read of their sockets: moves of a `Playbook`."""

from collections.abc import Iterable

from playbook import LISTENER_FD, SERVER, SERVER_PID, Move, Playbook, arrives, moves, other, segment

from sockviz import events


def entered(
    name: str, *, host: str = "server", pid: int = SERVER_PID, fd: int | None = None, args: str = ""
) -> Move:
    def move(book: Playbook) -> None:
        book.calls += 1
        thread = "main" if fd in (None, LISTENER_FD) or host == "client" else f"fd {fd}"
        book.pending[pid, name] = book.calls
        book.feed(
            events.CallEntered(
                t=book.now(), call=book.calls, host=host, pid=pid, thread=thread, name=name, fd=fd, args=args
            )
        )

    return move


def returned(name: str, result: int = 0, *, host: str = "server", pid: int = SERVER_PID, **more) -> Move:
    def move(book: Playbook) -> None:
        call = book.pending.pop((pid, name))
        book.feed(events.CallReturned(t=book.now(), call=call, host=host, pid=pid, result=result, **more))

    return move


def call(
    name: str,
    result: int = 0,
    *,
    host: str = "server",
    pid: int = SERVER_PID,
    fd: int | None = None,
    args: str = "",
    **more,
) -> Move:
    return moves(
        entered(name, host=host, pid=pid, fd=fd, args=args),
        returned(name, result, host=host, pid=pid, **more),
    )


def listen(backlog: int = 2, local: str = SERVER) -> Move:
    """The server's socket, bind, listen."""
    return moves(
        lambda book: book.feed(
            events.ProgramStarted(t=book.now(), host="server", pid=SERVER_PID, program="server")
        ),
        call("socket", LISTENER_FD),
        call("bind", fd=LISTENER_FD, args=local, local=local),
        call("listen", fd=LISTENER_FD, args=f"backlog={backlog}"),
        sampled("server", (local, "0.0.0.0:0", "LISTEN", SERVER_PID, LISTENER_FD)),
        queue(0, backlog, local=local),
    )


def played(several: Iterable[Move]) -> Playbook:
    """A server listens, and of these moves all happen that can."""
    book = Playbook() >> listen()
    for move in several:
        try:
            move(book)
        except (StopIteration, KeyError):
            continue
    return book


def queue(depth: int, limit: int, half_open: int = 0, local: str = SERVER) -> Move:
    return lambda book: book.feed(
        events.ListenerSampled(
            t=book.now(), host="server", local=local, depth=depth, limit=limit, half_open=half_open
        )
    )


def pid_of(number: int) -> int:
    return 100 + number


def connect(number: int) -> Move:
    """A client's program is in connect(), and its SYN is on the wire."""
    return moves(
        starts(number),
        entered("connect", host="client", pid=pid_of(number), fd=3, args=SERVER),
        segment(number, "client", "SYN"),
    )


def starts(number: int) -> Move:
    return moves(
        lambda book: book.feed(
            events.ProgramStarted(t=book.now(), host="client", pid=pid_of(number), program=f"client {number}")
        ),
        call("socket", 3, host="client", pid=pid_of(number)),
    )


def connected(number: int) -> Move:
    """connect() returns."""
    return lambda book: returned(
        "connect", host="client", pid=pid_of(number), local=book.flow(number).client, remote=SERVER
    )(book)


def establishes(number: int) -> Move:
    """A whole handshake, with the readings of the table in between as the lab makes them."""
    return moves(
        connect(number),
        sees("client", number, "SYN_SENT", pid=pid_of(number), fd=3),
        arrives(number, "client", "SYN"),
        segment(number, "server", "SYN|ACK"),
        sees("server", number, "SYN_RECV"),
        arrives(number, "server", "SYN|ACK"),
        segment(number, "client", "ACK"),
        connected(number),
        sees("client", number, "ESTABLISHED", pid=pid_of(number), fd=3),
        arrives(number, "client", "ACK"),
        sees("server", number, "ESTABLISHED"),
    )


def accepts(number: int, fd: int) -> Move:
    return lambda book: call("accept", fd, fd=LISTENER_FD, local=SERVER, remote=book.flow(number).client)(
        book
    )


def row(
    local: str, remote: str, state: str, pid: int | None = None, fd: int | None = None, **more
) -> events.SocketRow:
    return events.SocketRow(
        state=state, local=local, remote=remote, pid=pid, fd=fd, inode=77 if pid else 0, **more
    )


def sampled(
    host: str, *rows: tuple, gone: tuple[tuple[str, str], ...] = (), began: int | None = None
) -> Move:
    """A reading of the table with these changed rows, begun just now (or at `began`)."""

    def move(book: Playbook) -> None:
        start = book.now() if began is None else began
        book.feed(
            events.SocketsSampled(
                t=book.now(),
                host=host,
                began=start,
                changed=tuple(row(*one) for one in rows),
                gone=tuple(events.RowKey(local=local, remote=remote) for local, remote in gone),
            )
        )

    return move


def sees(
    host: str, number: int, state: str, *, pid: int | None = None, fd: int | None = None, **more
) -> Move:
    """A reading of the table that shows an end in a state."""

    def move(book: Playbook) -> None:
        flow = book.flow(number)
        began = book.now()
        one = row(flow.address(host), flow.address(other(host)), state, pid, fd, **more)
        book.feed(events.SocketsSampled(t=book.now(), host=host, began=began, changed=(one,)))

    return move


def sees_no(host: str, number: int) -> Move:
    """A reading of the table without that end."""

    def move(book: Playbook) -> None:
        flow = book.flow(number)
        key = events.RowKey(local=flow.address(host), remote=flow.address(other(host)))
        gone = (key,) if (key.local, key.remote) in book.world.tables.get(host, {}) else ()
        began = book.now()
        book.feed(events.SocketsSampled(t=book.now(), host=host, began=began, gone=gone))

    return move


def ends_program(number: int | None = None) -> Move:
    """A program ends: client `number`, or the server."""

    def move(book: Playbook) -> None:
        host, pid = ("server", SERVER_PID) if number is None else ("client", pid_of(number))
        book.feed(events.ProgramEnded(t=book.now(), host=host, pid=pid, status=0))

    return move
