"""Send each line that is typed, and print the answer.  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.create_connection((host, port)) as server:
        for line in sys.stdin:
            server.sendall(line.encode())
            print(server.recv(1024).decode(), end="", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except ConnectionResetError as error:
        sys.exit(f"{type(error).__name__}: {error.strerror}")
