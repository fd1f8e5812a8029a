"""Who makes connections while sockviz looks on, and knows when: what they know has to be in the recording."""

import contextlib
import socket
import sys
import threading
import time
from collections import deque
from functools import cache
from pathlib import Path

FILE = "witness"
"""Where the programs of a run write, in the directory that it was started in."""
PAUSE = 0.05
"""Seconds between two connections."""

SERVER = """
import socket
server = socket.create_server(("10.0.0.1", 8001))
while True:
    connection = server.accept()[0]
    connection.send(connection.recv(100))
    connection.close()
"""
CLIENT = f"""
import socket, time
for _ in range(400):
    connection = socket.create_connection(("10.0.0.1", 8001))
    connection.send(b"hello")
    connection.recv(100)
    connection.close()
    with open("{FILE}", "a") as witness:
        print(time.time(), file=witness)
    time.sleep({PAUSE})
"""
PROGRAMS = ["--server", f"{sys.executable} -c '{SERVER}'", "--client", f"{sys.executable} -c '{CLIENT}'"]


class Visitor:
    """Has a listener on this machine, and connects to it again and again."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.times: deque[float] = deque(maxlen=1_000)
        """When a connection had ended, as `time.time()`."""
        threading.Thread(target=self._visit, daemon=True).start()

    def _visit(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                with socket.create_connection(self._server.getsockname()):
                    time.sleep(PAUSE)
                    self._server.accept()[0].close()
                self.times.append(time.time())
            time.sleep(PAUSE)


@cache
def visitor() -> Visitor:
    """There is one, from the first time that somebody is watched."""
    return Visitor()


def moments(home: Path) -> list[float]:
    """When connections had ended in a run that was started in `home`, as `time.time()`, in order."""
    try:
        return [float(line) for line in (home / FILE).read_text().splitlines()]
    except (OSError, ValueError):
        return []
