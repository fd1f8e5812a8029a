"""What concerns the run as a whole."""

from sockviz.events import Ended, Header, Marked, RequestRefused, SettingChanged
from sockviz.world.draft import Draft
from sockviz.world.narration import say_words


def header(draft: Draft, event: Header) -> None:
    """The recording begins."""
    draft.header = event


def setting_changed(draft: Draft, event: SettingChanged) -> None:
    """A setting has another value."""
    draft.settings.put(event.name, event.value)


def request_refused(draft: Draft, event: RequestRefused) -> None:
    """What was asked for could not be done."""
    draft.refused = event.reason
    say_words(draft, event.reason, 2)


def marked(draft: Draft, event: Marked) -> None:
    """A mark was set."""
    say_words(draft, event.text, 0)


def ended(draft: Draft, event: Ended) -> None:
    """The run is over."""
    draft.ended = event.reason
