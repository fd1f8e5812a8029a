"""UDP sockets: how they come and go, and what becomes of the datagrams between them."""

from dataclasses import replace
from typing import Final

from sockviz.events import RowKey, SocketRow
from sockviz.world import datagram_texts as texts
from sockviz.world.draft import Draft
from sockviz.world.labels import count_bytes
from sockviz.world.model import Arrow, Descriptor, InFlight, SystemCall
from sockviz.world.narration import say
from sockviz.world.sockets import DatagramSocket

KIND: Final = "datagram"
"""`Descriptor.kind` of a UDP socket."""

_ANYWHERE: Final = ("0.0.0.0", "[::]")
_NOBODY: Final = frozenset({"0.0.0.0:0", "[::]:0"})
_FRAGMENT: Final = "fragment"


def kind_of(args: str) -> str:
    """What socket() with these arguments makes: `socket` (TCP), `datagram`, `raw`."""
    return KIND if "SOCK_DGRAM" in args else "raw" if "SOCK_RAW" in args else "socket"


def opened(draft: Draft, host: str, pid: int, fd: int) -> None:
    """socket() made one."""
    draft.datagrams.put((host, pid, fd), DatagramSocket(host, pid, fd))
    say(draft, texts.OPENED)


def closed(draft: Draft, host: str, pid: int, fd: int) -> None:
    """Its descriptor is gone."""
    draft.datagrams.pop((host, pid, fd))


def call_returned(
    draft: Draft, call: SystemCall, local: str | None, remote: str | None, result: int
) -> Descriptor | None:
    """A call on one succeeded; what its descriptor stands for now."""
    if call.fd is None:
        return None
    key = (call.host, call.pid, call.fd)
    socket = draft.datagrams.get(key) or DatagramSocket(*key)
    if local is not None:
        socket = replace(socket, local=local)
    match call.name:
        case "connect":
            socket = replace(socket, remote=remote or call.args)
            say(draft, texts.NAMED, remote=socket.remote)
        case "send" | "sendto":
            # The first datagram is on the wire before anybody knows which address its socket was given.
            socket = replace(socket, sent=socket.sent + 1)
        case "recv" | "recvfrom":
            socket = replace(socket, read=socket.read + 1)
            _say_read(draft, call, result)
        case _:
            pass
    draft.datagrams.put(key, socket)
    return Descriptor(call.fd, KIND, local=socket.local, remote=socket.remote)


def _say_read(draft: Draft, call: SystemCall, result: int) -> None:
    asked = call.args.removeprefix("up to ")
    cut = asked == count_bytes(result)
    say(draft, texts.CUT if cut else texts.READ, name=call.name, bytes=count_bytes(result), size=asked)


def row_changed(draft: Draft, host: str, row: SocketRow) -> None:
    """Its row in the table; a row of one that nobody told of begins one."""
    if row.pid is None or row.fd is None:
        return
    key = (host, row.pid, row.fd)
    socket = draft.datagrams.get(key) or DatagramSocket(*key)
    remote = "" if row.remote in _NOBODY else row.remote
    draft.datagrams.put(key, replace(socket, local=row.local, remote=remote, row=row))


def row_gone(draft: Draft, host: str, gone: RowKey) -> None:
    """A row is not in the table any more."""
    for key in tuple(draft.datagrams):
        socket = draft.datagrams[key]
        if key[0] == host and socket.row is not None and _key(socket.row) == (gone.local, gone.remote):
            draft.datagrams.put(key, replace(socket, row=None))


def _key(row: SocketRow) -> tuple[str, str]:
    return row.local, row.remote


def sent(draft: Draft, flight: InFlight) -> None:
    """A datagram entered the wire (or ICMP, which no program sends)."""
    segment = flight.segment
    if segment.protocol != "udp" or segment.source.endswith(":0"):
        return
    size = count_bytes(segment.length)
    say(draft, texts.SENT, who=flight.sender, bytes=size, remote=segment.destination)


def arrived(draft: Draft, arrow: Arrow) -> None:
    """A datagram or an ICMP message was delivered."""
    if arrow.segment.protocol == "icmp":
        _reported(draft, arrow)
    elif arrow.segment.says != _FRAGMENT:
        _delivered(draft, arrow)


def taken_off(draft: Draft) -> None:
    """A datagram did not get to the other host."""
    say(draft, texts.TAKEN_OFF)


def buffer_full(draft: Draft, arrow: Arrow) -> None:
    """The one that was delivered last was dropped."""
    found = find(draft, arrow.receiver, arrow.segment.destination, arrow.segment.source)
    if found is not None:
        draft.datagrams.put(found, replace(draft.datagrams[found], lost=draft.datagrams[found].lost + 1))


def find(draft: Draft, host: str, local: str, remote: str) -> tuple[str, int, int] | None:
    """The socket on `host` that takes what comes from `remote` to `local`: a connected one before others."""
    port = local.rpartition(":")[2]
    mine = {local, *(f"{anywhere}:{port}" for anywhere in _ANYWHERE)}
    here = [key for key in draft.datagrams if key[0] == host and draft.datagrams[key].local in mine]
    taking = [key for key in here if draft.datagrams[key].remote in {"", remote}]
    return max(taking, key=lambda key: bool(draft.datagrams[key].remote), default=None)


def _delivered(draft: Draft, arrow: Arrow) -> None:
    host, segment = arrow.receiver, arrow.segment
    found = find(draft, host, segment.destination, segment.source)
    if found is None:
        port = segment.destination.rpartition(":")[2]
        others = any(
            key[0] == host and draft.datagrams[key].local.rpartition(":")[2] == port
            for key in draft.datagrams
        )
        text = texts.NOT_TAKEN if others else texts.NO_SOCKET
        say(draft, text, who=host, local=segment.destination, remote=segment.source)
        return
    draft.datagrams.put(found, replace(draft.datagrams[found], arrived=draft.datagrams[found].arrived + 1))
    size = count_bytes(segment.length)
    say(draft, texts.ARRIVED, who=host, peer=arrow.sender, local=segment.destination, bytes=size)


def _reported(draft: Draft, arrow: Arrow) -> None:
    """ICMP came back to the socket whose datagram it quotes."""
    host, segment = arrow.receiver, arrow.segment
    found = find(draft, host, segment.destination, segment.source)
    if found is None:
        return
    socket = draft.datagrams[found]
    draft.datagrams.put(found, replace(socket, refused=socket.refused + 1))
    say(draft, texts.REPORTED if socket.remote else texts.UNTOLD, who=host, says=segment.says)
