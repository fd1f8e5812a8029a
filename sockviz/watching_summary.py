"""What watching came to, in a few lines. Pure."""

from collections.abc import Iterator

from sockviz.world.watch.model import Finding, Watch, WatchedListener

_MS = 1_000_000


def summary(watch: Watch) -> list[str]:
    """A line for each chosen listener (else one for all), and each cause of drops with the advice."""
    lines = [_listener(watch, watch.listeners[local]) for local in watch.chosen if local in watch.listeners]
    if not watch.chosen:
        dropped = sum(listener.dropped for listener in watch.listeners.values())
        lines.append(f"{_many(len(watch.listeners), 'listener')}, {dropped} dropped")
    lines += [line for finding in watch.findings for line in _finding(finding)]
    if watch.lost:
        lines.append(f"{watch.lost} packets or transitions came too fast to be seen")
    return lines


def _listener(watch: Watch, listener: WatchedListener) -> str:
    return f"{listener.local}: " + ", ".join(_parts(watch, listener))


def _parts(watch: Watch, listener: WatchedListener) -> Iterator[str]:
    if not listener.sockets:
        yield "nobody listens there now"
    yield f"{_many(listener.opened, 'connection')} came, {listener.closed} went"
    yield f"accept queue {listener.depth} (limit {listener.limit})"
    waits = listener.waits.summary(watch.t)
    if waits.p50 is not None and waits.p99 is not None:
        exact = f" to within {_time(waits.within)}" if waits.within > _MS else ""
        yield f"waited for accept() {_time(waits.p50)} (p50), {_time(waits.p99)} (p99){exact}"
    if waits.oldest is not None:
        yield f"the oldest waits since {_time(waits.oldest)}"
    if listener.resent:
        yield f"{_many(listener.resent, 'segment')} sent again"
    yield f"{listener.dropped} dropped"


def _finding(finding: Finding) -> Iterator[str]:
    where = f"{finding.listener}: " if finding.listener is not None else ""
    yield f"{where}{finding.text}"
    yield f"  {finding.advice}"


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _time(ns: int) -> str:
    """`0.4 ms`, `12 ms`, `3.1 s`."""
    if ns < 10 * _MS:
        return f"{ns / _MS:.1f} ms"
    return f"{ns / _MS:.0f} ms" if ns < 1_000 * _MS else f"{ns / _MS / 1000:.1f} s"
