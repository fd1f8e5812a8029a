"""What a run is to be: decided by the command line, carried out by `session.run`. Data only."""

import msgspec

from sockviz.intents import Intent, Setup


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is to be."""

    setup: Setup = Setup()
    fallback: bool = False
    """Where there is no lab, loopback will do."""
    opening: tuple[Intent, ...] = ()
    """Asked for as soon as the server listens."""
    duration: int | None = None
    """How long the run lasts, ns; None: until it is ended."""
