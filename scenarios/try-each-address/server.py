"""Welcome whoever says something.  python3 server.py [address] [port] [answer]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "0.0.0.0"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    answer = sys.argv[3] if len(sys.argv) > 3 else "welcome"
    six = ":" in host
    with socket.create_server(
        (host, port), family=socket.AF_INET6 if six else socket.AF_INET, dualstack_ipv6=six
    ) as listener:
        while True:
            client, _ = listener.accept()
            with client:
                try:
                    while client.recv(1024):
                        client.sendall(answer.encode())
                except ConnectionError:
                    pass  # the client is gone without saying so


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
