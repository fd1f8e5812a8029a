"""Half-open connections on purpose: SYNs from an address that nobody has, sent by a program's raw socket.

The server's kernel answers each, and waits for an ACK that can't come: so its SYN queue fills, as in an
attack (RFC 4987 §2).
"""

import itertools
from collections import deque
from typing import TYPE_CHECKING, Final

from sockviz import addresses
from sockviz.addresses import Address
from sockviz.engine.cast import Cast
from sockviz.engine.ground import Ground, RefusedError
from sockviz.engine.orders import order
from sockviz.programs.host import ProgramHandle
from sockviz.tcp.forge import syn, syns

if TYPE_CHECKING:
    import asyncio

    from sockviz.events import CallReturned

MOST: Final = 100_000
"""SYNs at one request."""
FEW: Final = 100
"""So many have a call each, to be followed one by one; more go by the thousand, as fast as they can."""
AT_ONCE: Final = 1_000
"""SYNs in one sendmmsg(), which takes 1,024."""
_UNDER_WAY: Final = 4
"""Such calls that are ordered while one is being made."""

_FIRST_PORT: Final = 1024
_PORTS: Final = (1 << 16) - _FIRST_PORT


class Flood:
    """Makes them; each comes from another port."""

    def __init__(self, ground: Ground, cast: Cast) -> None:
        self._ground = ground
        self._cast = cast
        self._programs = itertools.count(1)
        self._sent = 0

    async def send(self, count: int) -> None:
        """Send `count` SYNs to the listener's address, and wait until they have left.

        Raises:
            RefusedError: too many, or there is no address here that nobody has.
        """
        if not self._ground.nobody:
            raise RefusedError("Only the lab has addresses that nobody answers at: start with --source lab.")
        if not 1 <= count <= MOST:
            raise RefusedError(f"A flood has 1 to {MOST:,} SYNs.")
        target = addresses.parse(self._ground.address)
        program = await self._cast.start("client", f"flood {next(self._programs)}", passing=True)
        there = str(Address(target.ip, 0))  # a raw socket knows no ports
        order(program, name="socket", kind="raw", address=there)
        if count <= FEW:
            self._singly(program, target, there, count)
        else:
            await self._by_the_thousand(program, target, there, count)
        await order(program, name="close")

    def _singly(self, program: ProgramHandle, target: Address, there: str, count: int) -> None:
        for _ in range(count):
            packet = syn(self._ground.nobody, self._port(), target.ip, target.port)
            self._sent += 1
            order(program, name="sendto", data=packet, address=there)

    async def _by_the_thousand(self, program: ProgramHandle, target: Address, there: str, count: int) -> None:
        under_way: deque[asyncio.Future[CallReturned]] = deque()
        while count:
            packets = syns(self._ground.nobody, self._port(), target.ip, target.port, min(count, AT_ONCE))
            size = len(packets[0])
            under_way.append(
                order(program, name="sendmmsg", data=b"".join(packets), size=size, address=there)
            )
            count -= len(packets)
            self._sent += len(packets)
            if len(under_way) > _UNDER_WAY:
                await under_way.popleft()

    def _port(self) -> int:
        return _FIRST_PORT + self._sent % _PORTS
