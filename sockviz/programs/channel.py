"""Lines over socket pairs: splitting them, and the engine's end of such a socket in asyncio.

Descriptors can travel with a line (SCM_RIGHTS, unix(7)). Knows nothing of what the lines say.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

_CHUNK: Final = 1 << 16


class Lines:
    """Cuts a stream of bytes into lines, wherever its pieces end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now, without their newline."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        yield from lines


def receive(sock: socket.socket) -> bytes:
    """What comes next; empty when the other end is closed, also if it was killed before it had read all."""
    try:
        return sock.recv(_CHUNK)
    except ConnectionResetError:
        return b""


class Passed(Protocol):
    """What has a descriptor that can travel: a socket, a file."""

    def fileno(self) -> int:
        """The descriptor."""

    def close(self) -> None:
        """Close it here."""


class Channel:
    """The engine's end of a socket pair, on the running loop.

    `on_line` is called with each line that comes, `on_end` once: when the other end is closed (its process
    ended), or after `close`. Nothing here waits: what the socket doesn't take at once is sent when it can be.
    """

    def __init__(
        self, sock: socket.socket, on_line: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        sock.settimeout(0)
        self._socket = sock
        self._on_line = on_line
        self._on_end = on_end
        self._lines = Lines()
        self._waiting: deque[tuple[bytes, tuple[Passed, ...]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    @property
    def closed(self) -> bool:
        """Whether `on_end` was called."""
        return self._socket.fileno() < 0

    def send(self, line: bytes, *passed: Passed) -> None:
        """Send a line; the descriptors that go with it are closed here. After the end: nothing is sent."""
        if self.closed:
            _close_all(passed)
            return
        self._waiting.append((line, passed))
        if len(self._waiting) == 1:
            self._writable()

    def close(self) -> None:
        """Close this end; the other process reads end of file."""
        if self.closed:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for _, passed in self._waiting:
            _close_all(passed)
        self._waiting.clear()
        self._on_end()

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # ECONNRESET: it was killed before it had read all
            data = b""
        if not data:
            self.close()
            return
        for line in self._lines.feed(data):
            if not self.closed:
                self._on_line(line)

    def _writable(self) -> None:
        while self._waiting:
            line, passed = self._waiting.popleft()
            try:
                sent = socket.send_fds(self._socket, [line], [sock.fileno() for sock in passed])
            except (BlockingIOError, InterruptedError):
                self._waiting.appendleft((line, passed))
                break
            except OSError:  # the other end is gone; the reader will see that
                _close_all(passed)
                continue
            _close_all(passed)
            if sent < len(line):
                self._waiting.appendleft((line[sent:], ()))
        if self._waiting:
            self._loop.add_writer(self._socket.fileno(), self._writable)
        else:
            self._loop.remove_writer(self._socket.fileno())


def _close_all(sockets: tuple[Passed, ...]) -> None:
    for sock in sockets:
        sock.close()
