"""Capturing on `lo`: from how many connections a second on packets are lost, and what each packet costs.

Another process makes connections on 127.0.0.1, four packets each (SYN, SYN|ACK, ACK, RST), which a packet
socket on `lo` sees twice. Each capture is a process of its own, gets the same traffic, and reads the same
fields of each packet: sniff's callback takes them from scapy's layers, ours makes events of them, tcpdump and
tshark print a line. What the capture's socket had no room for the kernel counts.
"""

import os
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, NamedTuple

from figures import Row, Skip, alone, at_least, by_turns, compare

from sockviz.errors import UserError
from sockviz.sources.capture import Capture

FIRST: Final = 200
"""Connections a second: where it is begun to look for the rate at which sniff loses packets."""
GROWTH: Final = 1.4
LAST: Final = 20_000
TIMES: Final = 20
"""Ours is to lose nothing at so many times the rate at which sniff begins to."""
BURST: Final = 1.0
"""Seconds at each rate."""
STEADY: Final = 1_000
"""Connections a second, for the cost of a packet: what sniff sees costs as much when it loses others."""
NO_LINGER: Final = struct.pack("ii", 1, 0)
OURS: Final = "ours"


class Outcome(NamedTuple):
    """One rate."""

    rate: float
    """Connections a second that were really made."""
    seen: int
    """Packets."""
    lost: int
    """Packets, as the kernel counts them."""
    cpu: float
    """s of the processor, user's and kernel's."""

    @property
    def each(self) -> float:
        """µs a packet."""
        return self.cpu / max(self.seen, 1) * 1e6


def rows(*, quick: bool) -> Iterator[Row | Skip]:
    """Rates without loss, then the cost."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    try:
        Capture("lo", port).close()
    except UserError as error:
        raise Skip(error.message) from error
    pairs, ours = without_loss(port, 1 if quick else 3)
    note = f"lost at the most of these: {sum(one.lost for one in ours)}"
    yield compare(
        "connections/s without loss", "/s", "scapy.sniff", pairs, at_least(TIMES), note=note, short=True
    )
    rate = TIMES * pairs[-1][1]
    for name in filter(shutil.which, ("tcpdump", "tshark")):
        lost = capture(name, port, rate).lost
        yield alone(f"packets that {name} loses at {TIMES} times sniff's rate", "packets", [lost])
    yield from costs(port, 2 if quick else 3)


def without_loss(port: int, tries: int) -> tuple[list[tuple[float, float]], list[Outcome]]:
    """The highest rate that ours loses nothing at, and the lowest that sniff loses packets at; in pairs."""
    pairs, outcomes, begin = [], [], float(FIRST)
    for _ in range(tries):
        theirs = where_sniff_loses(port, begin)
        clean = 0.0
        for multiple in (TIMES, TIMES * 1.5, TIMES * 2):
            one = capture(OURS, port, multiple * theirs)
            if one.lost:
                break
            outcomes.append(one)
            clean = max(clean, one.rate)
        pairs.append((clean, theirs))
        begin = max(FIRST, theirs / GROWTH**3)
    return pairs, outcomes


def where_sniff_loses(port: int, rate: float) -> float:
    """The first rate, of growing ones, at which the kernel had to throw packets away."""
    while rate < LAST:
        outcome = capture("sniff", port, rate)
        if outcome.lost:
            return outcome.rate
        rate *= GROWTH
    return rate


def costs(port: int, tries: int) -> Iterator[Row | Skip]:
    """What a packet costs, beside each peer that there is."""
    peers = {"scapy.sniff": "sniff", "tcpdump": "tcpdump", "tshark": "tshark"}
    for name, kind in peers.items():
        if kind != "sniff" and not shutil.which(kind):
            yield Skip(f"{name} is not installed")
            continue
        pairs = by_turns(
            tries,
            lambda: capture(OURS, port, STEADY).each,
            lambda kind=kind: capture(kind, port, STEADY).each,
        )
        yield compare("CPU per packet", "µs", name, pairs, faster=True, short=kind != "tcpdump")


# one capture of one burst


def capture(kind: str, port: int, rate: float) -> Outcome:
    """Capture a burst of that rate in a process of its own."""
    if kind in ("tcpdump", "tshark"):
        return by_program(kind, port, rate)
    child = subprocess.Popen(
        [sys.executable, __file__, kind, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin
    assert child.stdout
    child.stdout.readline()  # it is ready
    reached = traffic(port, rate)
    out, _ = child.communicate("\n", timeout=60)
    seen, lost, cpu = out.split()
    return Outcome(reached, int(seen), int(lost), float(cpu))


def by_program(kind: str, port: int, rate: float) -> Outcome:
    """tcpdump and tshark, each printing a line for each packet to nobody."""
    where = ["-i", "lo", "-n", "-l"]
    command = ["tcpdump", *where, f"tcp port {port}"]
    if kind == "tshark":
        command = ["tshark", *where, "-f", f"tcp port {port}"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stderr
    said = ""
    while not re.search(r"listening on|Capturing on", said):
        said += child.stderr.readline()
    time.sleep(0.5)  # "Capturing on" comes before it does
    seen = 0

    def count() -> None:
        nonlocal seen
        assert child.stdout
        for _ in child.stdout:
            seen += 1

    counting = threading.Thread(target=count)
    counting.start()
    reached = traffic(port, rate)
    drain(lambda: seen)
    child.terminate()
    counting.join()
    said = child.stderr.read()
    child.stderr.close()
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    found = re.search(r"(\d+) packets? dropped(?: by kernel| from)?", said)
    return Outcome(reached, seen, int(found[1]) if found else 0, usage.ru_utime + usage.ru_stime)


def traffic(port: int, rate: float) -> float:
    """Have another process make connections; how many a second it made."""
    command = [sys.executable, __file__, "traffic", str(port), str(rate)]
    made, took = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()
    return int(made) / float(took)


def drain(count: Callable[[], int]) -> None:
    """Wait until nothing more comes."""
    before = -1
    while before != count():
        before = count()
        time.sleep(0.3)


# the processes


def generate(port: int, rate: float) -> None:
    """Make connections for `BURST` seconds; print how many, in which time."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)  # what it accepts has it too
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        began, made = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < BURST:
            if made >= spent * rate:
                time.sleep(0.0005)
                continue
            client = socket.socket()
            client.connect(("127.0.0.1", port))
            descriptor, _ = listener._accept()  # accept() makes an object of it, which takes as long again
            os.close(descriptor)
            client.close()
            made += 1
    print(made, time.perf_counter() - began)


def sniffing(port: int) -> None:
    """scapy.sniff(prn=...) as its documentation shows it; only its socket is made here, to read the drops."""
    from scapy.arch.linux import L2ListenSocket  # noqa: PLC0415 - ours does without
    from scapy.layers.inet import IP, TCP  # noqa: PLC0415
    from scapy.layers.l2 import Ether  # noqa: PLC0415
    from scapy.sendrecv import AsyncSniffer  # noqa: PLC0415

    count = 0

    def look(packet: Ether) -> None:
        nonlocal count
        if IP in packet and TCP in packet:
            ip, tcp = packet[IP], packet[TCP]
            _ = (ip.src, tcp.sport, ip.dst, tcp.dport, tcp.flags, tcp.seq, tcp.ack, tcp.window, tcp.options)
            count += port in (tcp.sport, tcp.dport)

    with closing(L2ListenSocket(iface="lo", promisc=False)) as sock:
        sniffer = AsyncSniffer(opened_socket=sock, prn=look, store=False)
        sniffer.start()
        began = ready()
        drain(lambda: count)
        sniffer.stop()
        _, lost = struct.unpack("@II", sock.ins.getsockopt(263, 6, 8))
    print(count, lost, time.process_time() - began)


def capturing(port: int) -> None:
    """Our capture, up to the events as they are written."""
    from sockviz.events import encode  # noqa: PLC0415
    from sockviz.sources.pairing import Pairing  # noqa: PLC0415

    count, stop = 0, threading.Event()
    with closing(Capture("lo", port)) as found:
        pairing = Pairing(f"127.0.0.1:{port}")

        def read() -> None:
            nonlocal count
            while not stop.is_set():
                select.select([found], [], [], 0.05)
                while packets := found.receive():
                    count += len(packets)
                    for event in pairing.feed(packets, 0):
                        encode(event)

        reader = threading.Thread(target=read)
        reader.start()
        began = ready()
        drain(lambda: count)
        stop.set()
        reader.join()
        print(count, found.dropped(), time.process_time() - began)


def ready() -> float:
    """Say so; the processor time so far. Returns when the burst is over."""
    began = time.process_time()
    print("ready", flush=True)
    sys.stdin.readline()
    return began


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["traffic", port, rate]:
            generate(int(port), float(rate))
        case ["sniff", port]:
            sniffing(int(port))
        case [_, port]:
            capturing(int(port))
