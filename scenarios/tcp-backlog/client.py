"""So many TCP clients, one after the other; then each waits for its greeting.  python3 client.py [host] [port] [number]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    clients = []
    for n in range(1, number + 1):
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.connect((host, port))  # returns when the handshake is complete
        print(f"{n} connected", flush=True)
        clients.append(client)
    for n, client in enumerate(clients, 1):
        with client, client.makefile(encoding="utf-8") as received:
            print(f"{n} {received.read()}", flush=True)  # reads until the server closes


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"client.py: {error.strerror or error}")
    except KeyboardInterrupt:
        pass
