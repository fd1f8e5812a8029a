"""The header of a run, as far as it is the same on every ground."""

import os
import time
from collections.abc import Mapping
from typing import Literal

from sockviz import __version__
from sockviz.events import FORMAT, Header, Host
from sockviz.sources.clock import Clock


def header(
    source: Literal["lab", "loopback", "watch"],
    clock: Clock,
    hosts: Mapping[str, tuple[str, ...]],
    *,
    sysctls: Mapping[str, str],
    capabilities: tuple[str, ...],
    hidden: tuple[str, ...],
) -> Header:
    """The first event. `hosts`: name → addresses without ports; the others as in `events.Header`."""
    system = os.uname()
    return Header(
        t=0,
        format=FORMAT,
        source=source,
        hosts=tuple(Host(name=name, addresses=addresses) for name, addresses in hosts.items()),
        made_by=f"sockviz {__version__}",
        kernel=f"{system.sysname} {system.release}",
        wall_clock=time.time_ns() - clock.now(),
        sysctls=dict(sysctls),
        capabilities=capabilities,
        hidden=hidden,
    )
