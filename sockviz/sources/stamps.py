"""Whether the kernel stamps packets with the time when it takes them.

It begins to some time after the first socket asked for it: `net_enable_timestamp` leaves the change of its
code to a worker. A packet that came before has no time, and gets that of its being read
(`__sock_recv_timestamp`): an error that nobody sees. So it is tried out, with a datagram from a socket to
itself.
"""

import socket
import time
from typing import Final

_SO_TIMESTAMPING: Final = 37
_RX_SOFTWARE: Final = 1 << 3
_SOFTWARE: Final = 1 << 4
"""linux/net_tstamp.h. Unlike SO_TIMESTAMPNS, SO_TIMESTAMPING makes up no time for a packet that has none."""
_BETWEEN: Final = 0.0002
"""s between two tries."""
PATIENCE: Final = 0.5
"""s; where it takes longer, the first times are those of reading, as they always may be."""


def wait_until_stamped(patience: float = PATIENCE) -> bool:
    """Wait until packets are stamped, not longer than `patience` seconds; whether they are.

    To be called while a socket of the caller's asks for stamps: without one they end again.
    """
    deadline = time.monotonic() + patience
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE)
            probe.settimeout(patience)
            probe.bind(("127.0.0.1", 0))
            probe.connect(probe.getsockname())
            while not stamped(probe):
                if time.monotonic() > deadline:
                    return False
                time.sleep(_BETWEEN)
    except OSError:  # no 127.0.0.1 here: there is nothing to try it out with
        return False
    return True


def stamped(probe: socket.socket) -> bool:
    """Whether a datagram that this socket sends to itself gets a time."""
    probe.send(b"")
    return bool(probe.recvmsg(1, 256)[1])
