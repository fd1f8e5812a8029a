"""A client of the echo server: it says something, and shows what comes back."""

import socket
import sys


def talk(host: str, port: int, text: str) -> None:
    """Connect, send, receive, close."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.connect((host, port))
    connection.sendall(text.encode())
    answer = connection.recv(4096)
    connection.close()
    sys.stdout.write(answer.decode() + "\n")


if __name__ == "__main__":
    talk(sys.argv[1], int(sys.argv[2]), sys.argv[3])
