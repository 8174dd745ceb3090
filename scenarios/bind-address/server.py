"""Tells each client which of the machine's addresses it reached.  python3 server.py [address] [port]"""

import socket
import sys


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(5)
        print(f"bind(({address!r}, {port})): {listener.getsockname()}", flush=True)
        while True:
            client, _ = listener.accept()
            with client:
                reached, _ = client.getsockname()
                client.sendall(f"you reached {reached}\n".encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
