"""Say hello at the first address of a name that answers.  python3 connect.py [name] [port]"""

import socket
import sys


def connected(name, port):
    """The connection to the first address of `name` that answers; None where none does.

    getaddrinfo() gives the addresses of a name, best first, each with all that socket() and connect() need.
    Try them in this order: print `<address>: connected` and return the socket, or print `<address>: <reason>`,
    close the socket and try the next one.
    """
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.connect((name, port))  # to which of its addresses? and if that one does not answer?
    return server


def main():
    """Say `hello` and print the answer.

    Where the name is unknown (gaierror), print `no such name: <name>`; where connected() returned None, print
    `nobody answers at <name>`. The exit status of both is 1.
    """
    name = sys.argv[1] if len(sys.argv) > 1 else "localhost"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    connected(name, port)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(error.strerror)
    except KeyboardInterrupt:
        pass
