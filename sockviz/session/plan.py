"""What a run is to be: decided by the command line, carried out by `session.run`. Data only."""

from dataclasses import dataclass, field

from sockviz.intents import Intent, Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is to be."""

    setup: Setup = field(default_factory=Setup)
    fallback: bool = False
    """Where there is no lab, loopback will do."""
    opening: tuple[Intent, ...] = ()
    """Asked for as soon as the server listens."""
    duration: int | None = None
    """How long the run lasts, ns; None: until it is ended."""
