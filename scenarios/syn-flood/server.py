"""A TCP server that greets one client after the other.  python3 server.py [port] [backlog]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    backlog = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(backlog)
        while True:
            client, address = listener.accept()
            with client:
                client.sendall("欢迎".encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
