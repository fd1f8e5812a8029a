"""An echo server for datagrams: no listener, no connections, one socket for everybody."""

import socket
import sys


def serve(host: str, port: int) -> None:
    """Go on until somebody presses Ctrl-C."""
    everybody = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    everybody.bind((host, port))
    try:
        while True:
            data, client = everybody.recvfrom(4096)
            everybody.sendto(data, client)
    except KeyboardInterrupt:
        everybody.close()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
