"""Give each line back to one client after the other.  python3 server.py [port]"""

import socket
import struct
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.create_server(("", port)) as listener:
        while True:
            client, _ = listener.accept()
            # RST at its end, and nothing is kept
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with client, client.makefile("rb") as lines:
                for line in lines:
                    client.sendall(line)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
