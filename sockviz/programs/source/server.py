"""An echo server: it sends back what it receives, to one client after the other."""

import socket
import sys


def serve(host: str, port: int, backlog: int) -> None:
    """Go on until somebody presses Ctrl-C."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(backlog)
    try:
        while True:
            connection, _client = listener.accept()
            while data := connection.recv(4096):
                connection.sendall(data)
            connection.close()
    except KeyboardInterrupt:
        listener.close()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
