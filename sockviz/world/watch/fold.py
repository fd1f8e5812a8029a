"""The fold of watching: one event more, into the `Watch` that it is given, in place.

Pure: time comes from the events; the same events give the same `Watch`. Costs what the event says has
changed.
"""

from collections.abc import Callable
from typing import Any, Final

from sockviz import events
from sockviz.world.watch import causes, packets, rows
from sockviz.world.watch.changes import go
from sockviz.world.watch.model import Watch, WatchedListener, WatchedProcess

_LOSSES: Final = frozenset({"PacketsDropped", "TraceLost"})
"""Counters of our own, not of the kernel's drops."""


def fold(watch: Watch, event: events.AnyEvent) -> None:
    """Take one event in. One from the past (there should be none) counts as happening now."""
    watch.t = max(watch.t, event.t)
    watch.version += 1
    if handler := _HANDLERS.get(type(event)):
        handler(watch, event)


def _header(watch: Watch, event: events.Header) -> None:
    watch.header = event


def _listener_sampled(watch: Watch, event: events.ListenerSampled) -> None:
    listener = watch.listeners.get(event.local)
    if listener is None:
        listener = watch.listeners[event.local] = WatchedListener(event.local, began=watch.t)
        listener.chosen = event.local in watch.chosen
    before = listener.sockets.get(event.cookie)
    listener.sockets[event.cookie] = event
    listener.gone = None
    _count_drops(watch, listener, event, before)
    here = listener.history.at(watch.t)
    here.depth_now, here.limit = listener.depth, listener.limit
    here.depth = max(here.depth, here.depth_now)
    if not listener.chosen:
        here.half_open_now = listener.half_open
        here.half_open = max(here.half_open, here.half_open_now)


def _count_drops(
    watch: Watch,
    listener: WatchedListener,
    event: events.ListenerSampled,
    before: events.ListenerSampled | None,
) -> None:
    """What its own counter rose by; what a socket had dropped before we looked is none of it."""
    if event.drops is None:
        return
    known = before.drops or 0 if before is not None else 0
    by = (event.drops - known) & 0xFFFFFFFF
    if before is None and not watch.sampled:
        listener.before += by
    elif by:
        listener.dropped += by
        listener.history.at(watch.t).dropped += by
        watch.fell[listener.local] = watch.fell.get(listener.local, 0) + by


def _listener_gone(watch: Watch, event: events.ListenerGone) -> None:
    listener = watch.listeners.get(event.local)
    if listener is None:
        return
    listener.sockets.pop(event.cookie, None)
    here = listener.history.at(watch.t)
    here.depth_now, here.limit = listener.depth, listener.limit
    if listener.sockets:
        return
    listener.gone = watch.t
    if not listener.chosen:
        del watch.listeners[event.local]


def _listeners_chosen(watch: Watch, event: events.ListenersChosen) -> None:
    """Those that are not chosen any more lose their connections, which are not told any more."""
    watch.chosen, watch.asked = event.listeners, event.asked
    for local in event.listeners:
        if local not in watch.listeners:
            watch.listeners[local] = WatchedListener(local, began=watch.t, gone=watch.t)
    for listener in list(watch.listeners.values()):
        chosen = listener.local in event.listeners
        if listener.chosen and not chosen:
            _forget(watch, listener)
        listener.chosen = chosen


def _forget(watch: Watch, listener: WatchedListener) -> None:
    closed = listener.closed
    for connection in [one for one in watch.connections.values() if one.listener == listener.local]:
        go(watch, connection)
    listener.closed, listener.read = closed, False
    listener.history.at(watch.t).closed = 0
    if not listener.sockets:
        del watch.listeners[listener.local]


def _process_found(watch: Watch, event: events.ProcessFound) -> None:
    watch.processes[event.pid] = WatchedProcess(event.pid, event.name, event.user)


def _counter_raised(watch: Watch, event: events.CounterRaised) -> None:
    if event.name in _LOSSES:
        watch.lost += event.by
        return
    watch.counters[event.name] = event.total
    if event.name == "PassiveOpens":
        watch.namespace.at(watch.t).opened += event.by
    watch.raised[event.name] = watch.raised.get(event.name, 0) + event.by


def _sockets_sampled(watch: Watch, event: events.SocketsSampled) -> None:
    watch.namespace.at(watch.t).depth_now = sum(one.depth for one in watch.listeners.values())
    rows.sockets_sampled(watch, event)
    causes.explain(watch)


def _setting_changed(watch: Watch, event: events.SettingChanged) -> None:
    watch.settings[event.name] = event.value


def _request_refused(watch: Watch, event: events.RequestRefused) -> None:
    watch.refused = event.reason


def _ended(watch: Watch, event: events.Ended) -> None:
    watch.ended = event.reason


_HANDLERS: Final[dict[type, Callable[[Watch, Any], None]]] = {
    events.Header: _header,
    events.ListenerSampled: _listener_sampled,
    events.ListenerGone: _listener_gone,
    events.ListenersChosen: _listeners_chosen,
    events.ProcessFound: _process_found,
    events.SocketsSampled: _sockets_sampled,
    events.StateTraced: rows.state_traced,
    events.SegmentCaptured: packets.segment_captured,
    events.CounterRaised: _counter_raised,
    events.SettingChanged: _setting_changed,
    events.RequestRefused: _request_refused,
    events.Ended: _ended,
}
"""What is not here tells of programs and wires of our own."""
