"""Why the kernel dropped something: its counters, made into a sentence, and what to do about it.

A listening socket has a counter of its own (`sk_drops`), so whose drop it was is known; why, only the
counters of the whole network namespace say. Where both are clear the finding is certain; where several
listeners may be meant it says so.
"""

from typing import Final, NamedTuple

from sockviz.world.watch import figures, texts
from sockviz.world.watch.model import FINDINGS, Finding, Watch, WatchedListener

GOES_ON: Final = 10_000_000_000
"""ns; what happens again within this is the same finding."""

_OVERFLOWS, _DROPS = "ListenOverflows", "ListenDrops"
_FULL, _COOKIES = "TCPReqQFullDrop", "TCPReqQFullDoCookies"
_OF_LISTENERS: Final = (_OVERFLOWS, _DROPS, _FULL)


class _Cause(NamedTuple):
    """One explanation of a rise."""

    kind: str
    number: int
    listener: WatchedListener | None
    certain: bool
    counters: dict[str, int]


def explain(watch: Watch) -> None:
    """Explain what rose since this was last asked; called after each reading of the table."""
    if not watch.raised and not watch.fell:
        return
    if _one_is_missing(watch) and not watch.unmatched:
        # Counters and listeners are not read at one moment: the other one comes with the next reading.
        watch.unmatched = True
        return
    watch.unmatched = False
    raised, watch.raised = watch.raised, {}
    fell, watch.fell = watch.fell, {}
    causes = [*_of_listeners(watch, raised, fell), *_of_namespace(watch, raised)]
    for cause in causes:
        _tell(watch, cause)


def _one_is_missing(watch: Watch) -> bool:
    """The namespace counted a drop at a listener and no listener did, or the other way round."""
    if not all(listener.drops_known for listener in watch.listeners.values()):
        return False
    return bool(watch.raised.get(_DROPS)) != bool(watch.fell)


def _of_listeners(watch: Watch, raised: dict[str, int], fell: dict[str, int]) -> list[_Cause]:
    """What listeners dropped: whose it was, by their own counters; where these say nothing, by their queues.

    How many the namespace's counters say: a listener's own counts packets, and an ignored ACK twice.
    """
    counted = {name: raised[name] for name in _OF_LISTENERS if raised.get(name)}
    if not counted:
        return []  # packets that meant no connection, as data that is sent again while it is half open
    kinds = _kinds(counted)
    guilty = [one for local in fell if (one := watch.listeners.get(local)) is not None]
    if not guilty:
        return _unowned(watch, counted)
    if len(guilty) == 1:
        return [_Cause(kind, many, guilty[0], certain=True, counters=counted) for kind, many in kinds.items()]
    causes = []
    for listener in guilty:
        kind = next(iter(kinds)) if len(kinds) == 1 else _likely(watch, listener, kinds)
        count = min(fell[listener.local], kinds[kind])
        causes.append(_Cause(kind, count, listener, certain=len(kinds) == 1, counters=counted))
    return causes


def _kinds(counted: dict[str, int]) -> dict[str, int]:
    """Kind → how many, by the namespace's counters. Each overflow is a drop, too, and each full SYN queue."""
    kinds = {}
    if overflows := counted.get(_OVERFLOWS, 0):
        kinds[texts.ACCEPT_QUEUE] = overflows
    if full := counted.get(_FULL, 0):
        kinds[texts.SYN_QUEUE] = full
    rest = counted.get(_DROPS, 0) - overflows - full
    if rest > 0 or not kinds:
        kinds[texts.OTHER_DROP] = max(rest, 1)
    return kinds


def _likely(watch: Watch, listener: WatchedListener, kinds: dict[str, int]) -> str:
    """Of several kinds the one that this listener's queue speaks for."""
    if texts.ACCEPT_QUEUE in kinds and figures.was_full(watch, listener):
        return texts.ACCEPT_QUEUE
    return next((kind for kind in kinds if kind != texts.ACCEPT_QUEUE), texts.ACCEPT_QUEUE)


def _unowned(watch: Watch, counted: dict[str, int]) -> list[_Cause]:
    """No listener's own counter says that it was the one."""
    if not counted:
        return []
    silent = [one for one in watch.listeners.values() if not one.drops_known]
    full = [one for one in silent if figures.was_full(watch, one)]
    kinds = _kinds(counted)
    causes = []
    for kind, count in kinds.items():
        suspects = full if kind == texts.ACCEPT_QUEUE else silent
        only = suspects[0] if len(suspects) == 1 else None
        causes.append(_Cause(kind, count, only, len(watch.listeners) == 1, counted))
    return causes


def _of_namespace(watch: Watch, raised: dict[str, int]) -> list[_Cause]:
    """What is counted for the whole namespace only."""
    causes = []
    if count := raised.get(_COOKIES, 0):
        crowded = [one for one in watch.listeners.values() if figures.syn_queue_was_full(watch, one)]
        only = crowded[0] if len(crowded) == 1 else None
        certain = only is not None and len(watch.listeners) == 1
        causes.append(_Cause(texts.COOKIES, count, only, certain, {_COOKIES: count}))
    rose = ((name, raised[name]) for name in texts.NAMESPACE if raised.get(name))
    return [
        *causes,
        *(_Cause(name, count, None, certain=False, counters={name: count}) for name, count in rose),
    ]


def _tell(watch: Watch, cause: _Cause) -> None:
    """A finding of it, or the one before goes on."""
    local = cause.listener.local if cause.listener is not None else None
    found = _going_on(watch, cause.kind, local)
    if found is None:
        found = Finding(watch.t, watch.t, cause.kind, 0, local, cause.certain, "", "")
        watch.findings.append(found)
        del watch.findings[:-FINDINGS]
    found.last = watch.t
    found.count += cause.number
    found.certain &= cause.certain
    for name, by in cause.counters.items():
        found.counters[name] = found.counters.get(name, 0) + by
    found.text, found.advice = texts.sentences(watch, found)


def _going_on(watch: Watch, kind: str, local: str | None) -> Finding | None:
    for found in reversed(watch.findings):
        if found.last < watch.t - GOES_ON:
            return None
        if found.kind == kind and found.listener == local:
            return found
    return None
