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


def _is_over(connection: ConnectionDraft, end: EndDraft) -> bool:
    """It is closed, and what was seen now can't be of its past: a reset one may still be accepted."""
    return connection.closed is not None and (not connection.passive(end) or end.accepted)


def other_host(draft: Draft, host: str) -> str:
    """The host at the other side of the wire."""
    hosts = draft.header.hosts if draft.header is not None else ()
    names = [other.name for other in hosts if other.name != host]
    return names[0] if names else ("client" if host == "server" else "server")
