"""Greet whoever connects, over IPv6 and IPv4.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        while True:
            client, _ = listener.accept()
            with client:
                while name := client.recv(1024):
                    client.sendall(b"welcome to " + name)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
