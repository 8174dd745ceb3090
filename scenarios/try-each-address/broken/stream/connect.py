"""Say hello at the first address of a name that answers.  python3 connect.py [name] [port]"""

import socket
import sys


def connected(name, port):
    """The connection to the first address that answers; None where none does."""
    for family, kind, protocol, _, address in socket.getaddrinfo(name, port):
        server = socket.socket(family, kind, protocol)
        try:
            server.connect(address)
        except OSError as error:
            print(f"{address[0]}: {error.strerror}")
            server.close()
        else:
            print(f"{address[0]}: connected")
            return server
    return None


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "localhost"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    try:
        server = connected(name, port)
    except socket.gaierror:
        print(f"no such name: {name}")
        sys.exit(1)
    if server is None:
        print(f"nobody answers at {name}")
        sys.exit(1)
    with server:
        server.sendall(b"hello")
        print(server.recv(1024).decode())


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(error.strerror)
    except KeyboardInterrupt:
        pass
