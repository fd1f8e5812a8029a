"""Programs that are watched: `python programs.py NAME ARGUMENTS`. They say what they did as JSON lines."""

import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def hold(sysctls: str) -> None:
    """A network namespace: its loopback up, its settings set."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, value in json.loads(sysctls).items():
        Path(f"/proc/sys/{name.replace('.', '/')}").write_text(str(value))
    say(ready=True)
    sys.stdin.read()


def slow_server(address: str, port: str, backlog: str, pause: str) -> None:
    """Accepts one connection every `pause` seconds, and never reads."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, int(port)))
    server.listen(int(backlog))
    say(port=server.getsockname()[1], pid=os.getpid(), fd=server.fileno())
    kept = []
    while True:
        time.sleep(float(pause))
        server.setblocking(False)
        try:
            connection, peer = server.accept()
        except BlockingIOError:
            continue
        say(accepted=peer[1], t=time.monotonic_ns(), fd=connection.fileno())
        kept.append(connection)


def clients(address: str, port: str, count: str) -> None:
    """Connect `count` times at once, and stay."""
    kept = []
    for _ in range(int(count)):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((address, int(port)))
        kept.append(client)
    say(ready=True)
    sys.stdin.readline()


def flood(source: str, address: str, port: str, count: str) -> None:
    """`count` SYNs from a host that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for number in range(int(count)):
            raw.sendto(_syn(source, 20_000 + number, address, int(port)), (address, 0))
    say(ready=True)


def _syn(source: str, source_port: int, destination: str, port: int) -> bytes:
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    total = sum(struct.unpack("!16H", ends + struct.pack("!HH", 6, len(head)) + head))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    head = head[:16] + struct.pack("!HH", checksum, 0)
    return struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + ends + head


def echo(address: str, port: str = "0") -> None:
    """Accepts, echoes once, and closes after its peer: one connection at a time."""
    six = ":" in address
    family = socket.AF_INET6 if six else socket.AF_INET
    server = socket.create_server((address, int(port)), family=family, backlog=1024, dualstack_ipv6=six)
    say(port=server.getsockname()[1], pid=os.getpid())
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(connection.recv(100))
            connection.recv(1)


def short(address: str, port: str, count: str) -> None:
    """`count` connections, one after the other: connect, a few bytes each way, close."""
    ports = []
    for _ in range(int(count)):
        with socket.create_connection((address, int(port))) as client:
            client.sendall(b"hello")
            client.recv(100)
            ports.append(client.getsockname()[1])
    say(ports=ports)


def group(address: str, count: str) -> None:
    """`count` listening sockets on one port (SO_REUSEPORT)."""
    servers = []
    port = 0
    for _ in range(int(count)):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind((address, port))
        server.listen(5)
        port = server.getsockname()[1]
        servers.append(server)
    say(port=port, pid=os.getpid(), fds=[server.fileno() for server in servers])
    sys.stdin.read()


def fork() -> None:
    """A forking server: a child for each connection, which stays until the peer closes."""
    server = socket.create_server(("127.0.0.1", 0))
    say(port=server.getsockname()[1], pid=os.getpid())
    while True:
        connection, peer = server.accept()
        if not (pid := os.fork()):
            server.close()
            connection.recv(1)
            os._exit(0)
        say(child=pid, peer=peer[1], fd=connection.fileno())
        connection.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
