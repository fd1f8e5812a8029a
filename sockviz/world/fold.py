"""The fold: the world after some more events, and the facts that follow from them.

Pure: time comes from the events, nothing is read or written, and the world that one begins with stays as it
is. How the events are cut into calls makes no difference to the world or to the facts.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sockviz import events
from sockviz.world import causes, guests, programs, queues, run, samples, segments
from sockviz.world.draft import Draft
from sockviz.world.model import Fact, World

_HANDLERS: Final[dict[type, Callable[[Draft, Any], None]]] = {
    events.Header: run.header,
    events.SegmentSent: segments.segment_sent,
    events.SegmentReleased: segments.segment_released,
    events.SegmentDelivered: segments.segment_delivered,
    events.SegmentDropped: segments.segment_dropped,
    events.SegmentCaptured: segments.segment_captured,
    events.SocketsSampled: samples.sockets_sampled,
    events.ListenerSampled: queues.listener_sampled,
    events.ListenerGone: queues.listener_gone,
    events.ListenersChosen: run.watched,
    events.ProcessFound: run.watched,
    events.StateTraced: run.watched,
    events.ListenerMissing: guests.listener_missing,
    events.ProgramStarted: programs.program_started,
    events.CommandChanged: guests.command_changed,
    events.ProgramOutput: guests.program_output,
    events.TerminalChanged: guests.terminal_changed,
    events.SignalReceived: guests.signal_received,
    events.ThreadSampled: guests.thread_sampled,
    events.ProgramEnded: programs.program_ended,
    events.CallEntered: programs.call_entered,
    events.CallReturned: programs.call_returned,
    events.CounterRaised: causes.counter_raised,
    events.WireChanged: segments.wire_changed,
    events.SettingChanged: run.setting_changed,
    events.RequestRefused: run.request_refused,
    events.Marked: run.marked,
    events.Ended: run.ended,
}


def advance(world: World, more: Iterable[events.AnyEvent]) -> tuple[World, list[Fact]]:
    """Fold `more` events, in order of time, into `world`.

    Returns:
        The world after them, and what they brought to light, in order. Costs as much as the events are many,
        plus one copy of each mapping that changed: fold many at once where many are there.
    """
    draft = Draft(world)
    for event in more:
        step(draft, event)
    return draft.freeze(), draft.facts


def step(draft: Draft, event: events.AnyEvent) -> None:
    """Fold one event into a draft. An event from the past (there should be none) counts as happening now."""
    draft.t = max(draft.t, event.t)
    _HANDLERS[type(event)](draft, event)
