"""Finds the connection that two addresses belong to, or begins one that no segment told of."""

from sockviz.world.draft import Draft
from sockviz.world.thawed import ConnectionDraft, EndDraft


def connection_of(
    draft: Draft, host: str, local: str, remote: str, *, passive: bool
) -> tuple[ConnectionDraft, EndDraft]:
    """The connection with these addresses and its end on `host`; a new one if there is none that goes on."""
    found = draft.find(host, local, remote)
    if found is not None and not _is_over(*found):
        return found
    end = EndDraft(host, local, remote)
    peer = EndDraft(other_host(draft, host), remote, local)
    client, server = (peer, end) if passive else (end, peer)
    return draft.open_connection(client, server), end


def inside(draft: Draft, host: str, remote: str | None) -> bool:
    """A connection of a lab's host to itself: it never gets to the wire, and nobody draws it."""
    if remote is None or draft.header is None or draft.header.source != "lab":
        return False
    ip = remote.rpartition(":")[0].strip("[]")
    own = (address for one in draft.header.hosts if one.name == host for address in one.addresses)
    return ip.startswith("127.") or ip == "::1" or ip in own


def _is_over(connection: ConnectionDraft, end: EndDraft) -> bool:
    """It is closed, and what was seen now can't be of its past: a reset one may still be accepted."""
    return connection.closed is not None and (not connection.passive(end) or end.accepted)


def other_host(draft: Draft, host: str) -> str:
    """The host at the other side of the wire."""
    hosts = draft.header.hosts if draft.header is not None else ()
    names = [other.name for other in hosts if other.name != host]
    return names[0] if names else ("client" if host == "server" else "server")
