"""What all events, and the parts of events, have in common (`sockviz.events` has them all)."""

import re

import msgspec


def _tag(name: str) -> str:
    """`SegmentSent` → `segment_sent`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A part of an event."""


class Event(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", tag=_tag, gc=False
):
    """Something that was observed at `t` ns after the recording's start."""

    t: int
