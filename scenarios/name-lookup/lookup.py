"""Look a name up, then talk to what was found.  python3 lookup.py [name] [port]"""

import socket
import sys


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "localhost"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        print(f"{name}: {error.strerror}")
        sys.exit(1)
    for *_, address in found:
        print(f"{name} is {address[0]}")
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as server:
        server.connect(address)
        server.sendall(name.encode())
        print(f"{address[0]} says {server.recv(1024).decode()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
