"""`unshare --mount python tracer.py PORT`: prints what sock:inet_sock_set_state says of a port.

Runs as root in a mount namespace of its own, where it mounts tracefs if need be, and works in a tracing
instance of its own, which it removes at the end of its input: so nothing is left behind, and nobody else's
tracing is touched. The first line is `ready`; then one line for each transition. Standard error says why it
can't.
"""

import os
import select
import subprocess
import sys
from pathlib import Path

TRACING = Path("/sys/kernel/tracing")
EVENT = "events/sock/inet_sock_set_state"


def mount() -> None:
    """tracefs, visible to this process only."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True, capture_output=True)
    if not (TRACING / "instances").is_dir():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", str(TRACING)], check=True, capture_output=True)


def prepare(instance: Path, port: int) -> None:
    """Our port only, times of CLOCK_MONOTONIC, and the socket's address, which `print` leaves out."""
    (instance / "trace_clock").write_text("mono")
    (instance / "options/fields").write_text("1")
    (instance / EVENT / "filter").write_text(f"sport == {port} || dport == {port}")
    (instance / EVENT / "enable").write_text("1")


def follow(pipe: int) -> None:
    """Copy the trace until our input ends, then what is left of it."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(pipe, select.POLLIN)
    going = True
    while going:
        ready = {fd for fd, _ in poll.poll(100)}
        going = not (0 in ready and not os.read(0, 1))
        try:
            while data := os.read(pipe, 1 << 16):
                os.write(1, data)
        except BlockingIOError:
            pass


def main() -> None:
    mount()
    instance = TRACING / "instances" / f"sockviz-{os.getpid()}"
    instance.mkdir()
    try:
        prepare(instance, int(sys.argv[1]))
        pipe = os.open(instance / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        print("ready", flush=True)
        follow(pipe)
        (instance / EVENT / "enable").write_text("0")
        os.close(pipe)
    finally:
        instance.rmdir()


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
