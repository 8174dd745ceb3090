"""Visits a port at several addresses, of IPv4 and of IPv6.  python3 client.py port address [address ...]"""

import socket
import sys


def ask(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.connect((address, port))
        answer = b""
        while data := server.recv(1024):
            answer += data
    return answer.decode()


def main():
    port = int(sys.argv[1])
    for address in sys.argv[2:]:
        try:
            print(f"{address}: {ask(address, port)}")
        except ConnectionRefusedError as error:
            print(f"{address}: {error.strerror}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
