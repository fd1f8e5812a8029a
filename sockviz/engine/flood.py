"""Half-open connections on purpose: SYNs from an address that nobody has, sent by a program's raw socket.

The server's kernel answers each, and waits for an ACK that can't come: so its SYN queue fills, as in an
attack (RFC 4987 §2).
"""

import itertools
from typing import Final

from sockviz import addresses
from sockviz.addresses import Address
from sockviz.engine.cast import Cast
from sockviz.engine.ground import Ground, RefusedError
from sockviz.engine.orders import order
from sockviz.tcp.forge import syn

MOST: Final = 1_000
"""SYNs at one request."""

_FIRST_PORT: Final = 1024
_PORTS: Final = (1 << 16) - _FIRST_PORT


class Flood:
    """Makes them; each comes from another port."""

    def __init__(self, ground: Ground, cast: Cast) -> None:
        self._ground = ground
        self._cast = cast
        self._programs = itertools.count(1)
        self._sent = itertools.count()

    async def send(self, count: int) -> None:
        """Send `count` SYNs to the listener's address, and wait until they have left.

        Raises:
            RefusedError: too many, or there is no address here that nobody has.
        """
        if not self._ground.nobody:
            raise RefusedError("Only the lab has addresses that nobody answers at: start with --source lab.")
        if not 1 <= count <= MOST:
            raise RefusedError(f"A flood has 1 to {MOST} SYNs.")
        target = addresses.parse(self._ground.address)
        program = await self._cast.start("client", f"flood {next(self._programs)}", passing=True)
        there = str(Address(target.ip, 0))  # a raw socket knows no ports
        order(program, name="socket", kind="raw", address=there)
        for number in itertools.islice(self._sent, count):
            packet = syn(self._ground.nobody, _FIRST_PORT + number % _PORTS, target.ip, target.port)
            order(program, name="sendto", data=packet, address=there)
        await order(program, name="close")
