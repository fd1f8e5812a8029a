"""The intents that are carried out in the same way whoever's programs run: the wire, settings, marks."""

import re
from typing import Final

from sockviz import intents
from sockviz.engine.ground import Ground, RefusedError, Sink, address_on
from sockviz.events import Marked, SettingChanged
from sockviz.sources.clock import Clock

LONGEST_DELAY: Final = 60_000_000_000
"""Of the wire, ns."""

SYSCTLS: Final = re.compile(r"net\.ipv4\.tcp_[a-z0-9_]+|net\.core\.somaxconn")
"""What can be set: what decides about handshakes, queues, retries and closing."""

_VALUE: Final = re.compile(r"[a-z0-9_-]{1,16}([ \t][a-z0-9_-]{1,16}){0,9}")


class Desk:
    """What does not concern programs."""

    def __init__(self, clock: Clock, ground: Ground, emit: Sink) -> None:
        self._clock = clock
        self._ground = ground
        self._emit = emit

    async def obey(self, intent: intents.Intent) -> bool:
        """Do what an intent asks; False: it is for somebody else.

        Raises:
            RefusedError: it can't be done.
            UserError: the kernel refuses it.
        """
        match intent:
            case intents.SetSysctl():
                await self._set_sysctl(intent)
            case intents.Wire():
                self._change_wire(intent)
            case intents.Release():
                self._ground.release(intent.id, every=intent.all)
            case intents.Drop():
                self._ground.drop(intent.id)
            case intents.Mark():
                self._emit(Marked(t=self._clock.now(), text=intent.text))
            case _:
                return False
        return True

    async def _set_sysctl(self, wish: intents.SetSysctl) -> None:
        address_on(self._ground, wish.host)
        if not SYSCTLS.fullmatch(wish.name):
            raise RefusedError(f"{wish.name} can't be set, but net.ipv4.tcp_… and net.core.somaxconn can.")
        if not _VALUE.fullmatch(wish.value):
            raise RefusedError(f"{wish.value!r} is no value for {wish.name}.")
        t, value = await self._ground.set_sysctl(wish.host, wish.name, wish.value)
        self._emit(SettingChanged(t=t, name=wish.name, value=value, host=wish.host))

    def _change_wire(self, wire: intents.Wire) -> None:
        if wire.delay is not None and not 0 <= wire.delay <= LONGEST_DELAY:
            raise RefusedError(f"The wire's delay can be 0 to {LONGEST_DELAY // 1_000_000_000} seconds.")
        self._ground.change_wire(wire.mode, wire.delay)
