"""A TCP client that prints what the server greets it with.  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.connect((host, port))
        with client.makefile(encoding="utf-8") as received:
            print(received.read())  # reads until the server closes


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"client.py: {error.strerror or error}")
    except KeyboardInterrupt:
        pass
