"""How much of a core the stage costs: 60 packets in flight at 30 frames a second, and nothing moving.

The widgets run in a real Textual app in a terminal of 120 by 36 (a pty, read as fast as it is written). In
`steady` only the playhead moves; in `busy` the world is a new one at each frame too, so that every part is
drawn again. `make bench` runs it.
"""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

SECONDS = 5
FRAMES = 30
PACKETS = 60
SIZE = (36, 120)
FLIGHT = 2_000_000_000
"""ns; a packet's way."""
MODES = ("still", "steady", "busy")


def measure(mode: str) -> None:
    """In the pty: run the app; write the frames a second and the share of a core in % to `BENCH_RESULT`."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tui"))
    from gallery import Gallery  # noqa: PLC0415 - only the child draws
    from scenes import swarm  # noqa: PLC0415

    from sockviz.tui.widgets.drawing import Drawing  # noqa: PLC0415

    base = swarm()
    template = next(iter(base.world.wire.in_flight.values()))

    def at(now: int) -> object:
        flights = {}
        for number in range(1, PACKETS + 1):
            sent = now - (now + number * FLIGHT // PACKETS) % FLIGHT
            sender = "client" if number % 3 else "server"
            known = {"id": number, "connection": number, "sender": sender, "sent": sent, "due": sent + FLIGHT}
            flights[number] = replace(template, **known)
        wire = replace(base.world.wire, in_flight=flights)
        return replace(base, now=now, world=replace(base.world, wire=wire))

    first = at(FLIGHT)

    class Bench(Gallery):
        def on_mount(self) -> None:
            self.call_after_refresh(self.begin)

        def begin(self) -> None:
            self.widgets = list(self.query(Drawing))
            self.frames, self.began, self.cpu = 0, time.perf_counter(), time.process_time()
            self.set_interval(1 / FRAMES, self.frame)

        def frame(self) -> None:
            spent = time.perf_counter() - self.began
            now = FLIGHT + int(spent * 1e9) % FLIGHT
            view = {
                "still": lambda: first,
                "steady": lambda: replace(first, now=now),
                "busy": lambda: at(now),
            }[mode]()
            for widget in self.widgets:
                widget.show(view)
            self.frames += 1
            if spent >= SECONDS:
                self.exit((self.frames / spent, (time.process_time() - self.cpu) / spent * 100))

    rate, share = Bench(base, "sockviz-dark", (13, 16), tabs=False).run()
    Path(os.environ["BENCH_RESULT"]).write_text(f"{rate:.1f} {share:.1f}")


def in_a_terminal(mode: str) -> str:
    """Measure in a pty of its own."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    with tempfile.NamedTemporaryFile() as result:
        env = {**os.environ, "BENCH_RESULT": result.name, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        env.pop("NO_COLOR", None)
        command = [sys.executable, __file__, mode]
        child = subprocess.Popen(
            command, stdin=follower, stdout=follower, stderr=follower, env=env, start_new_session=True
        )
        os.close(follower)
        threading.Thread(target=drain, args=(leader,), daemon=True).start()
        child.wait(timeout=SECONDS * 10)
        return Path(result.name).read_text()


def drain(leader: int) -> None:
    """Be a terminal that keeps up."""
    with suppress(OSError):  # the other end is closed
        while os.read(leader, 1 << 16):
            pass


def main() -> None:
    """Print a line for each mode."""
    print(f"the stage: {PACKETS} packets, {FRAMES} frames/s asked for, {SECONDS} s each")
    for mode in MODES:
        rate, share = in_a_terminal(mode).split()
        print(f"  {mode:<7} {rate:>5} frames/s  {share:>5} % of a core")


if __name__ == "__main__":
    measure(sys.argv[1]) if sys.argv[1:] else main()
