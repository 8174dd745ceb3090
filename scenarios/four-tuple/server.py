"""Greets each client with the four numbers of their connection, and keeps it.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    clients = []
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("", port))
        listener.listen(5)
        while True:
            client, _ = listener.accept()
            clients.append(client)
            theirs, mine = client.getpeername(), client.getsockname()
            print(*theirs, *mine, flush=True)
            client.sendall(f"{len(clients)} here".encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
