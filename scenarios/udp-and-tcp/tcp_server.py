"""Answers every question on TCP, one client after the other.  python3 tcp_server.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.create_server(("", port)) as server:
        while True:
            client, _ = server.accept()
            with client, client.makefile("rb") as questions:
                for question in questions:  # a line each: TCP keeps no boundaries
                    client.sendall(b"answer to " + question)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
