"""A client of the echo server for datagrams: nothing to connect to, and no promise of an answer."""

import socket
import sys


def talk(host: str, port: int, text: str) -> None:
    """Send one datagram, and wait for another."""
    messages = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    messages.sendto(text.encode(), (host, port))
    answer, _server = messages.recvfrom(4096)
    messages.close()
    sys.stdout.write(answer.decode() + "\n")


if __name__ == "__main__":
    talk(sys.argv[1], int(sys.argv[2]), sys.argv[3])
