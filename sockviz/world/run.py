"""What concerns the run as a whole."""

from sockviz.events import Ended, Event, Header, Marked, RequestRefused, SettingChanged
from sockviz.world import settings
from sockviz.world.draft import Draft
from sockviz.world.narration import say, say_words
from sockviz.world.queues import measure


def header(draft: Draft, event: Header) -> None:
    """The recording begins."""
    draft.header = event
    for host in event.hosts:
        for name, value in event.sysctls.items():
            draft.sysctls.put((host.name, name), value)


def setting_changed(draft: Draft, event: SettingChanged) -> None:
    """A setting has another value."""
    draft.settings.put(event.name, event.value)
    if event.host is None:
        return
    draft.sysctls.put((event.host, event.name), event.value)
    meaning = settings.MEANINGS.get(event.name)
    words = f" {meaning}" if meaning else ""
    say(draft, settings.SYSCTL, who=event.host, name=event.name, value=event.value, meaning=words)
    for listener in draft.listeners():
        if listener.host == event.host:
            measure(draft, listener)


def request_refused(draft: Draft, event: RequestRefused) -> None:
    """What was asked for could not be done."""
    draft.refused = event.reason
    say_words(draft, event.reason, 2)


def marked(draft: Draft, event: Marked) -> None:
    """A mark was set."""
    say_words(draft, event.text, 0)


def watched(draft: Draft, event: Event) -> None:
    """Told of a listener that is not ours: `sockviz.world.watch` makes something of it."""


def ended(draft: Draft, event: Ended) -> None:
    """The run is over."""
    draft.ended = event.reason
