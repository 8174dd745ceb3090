"""Takes two clients, and closes one thing after the other when Enter is pressed.  python3 server.py [port]"""

import errno
import socket
import sys


def attempt(what, call, argument):
    try:
        call(argument)
    except OSError as error:
        print(f"{what}: {errno.errorcode[error.errno]}, {error.strerror}", flush=True)


def echo(client):
    client.sendall(client.recv(1024))


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("", port))
    listener.listen(5)
    attempt("recv() on the listener", listener.recv, 1024)
    attempt("send() on the listener", listener.send, b"hello")

    first, _ = listener.accept()
    echo(first)
    second, _ = listener.accept()
    echo(second)
    print(f"descriptors: listener {listener.fileno()}, first {first.fileno()}, second {second.fileno()}", flush=True)

    input()
    first.close()
    print("first closed", flush=True)
    echo(second)

    input()
    listener.close()
    print("listener closed", flush=True)
    echo(second)

    input()
    second.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
