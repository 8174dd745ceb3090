"""Tries to send text as it is, and then its bytes.  python3 bare.py host port text"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((host, port))
        for call, arguments in [
            (sender.send, [text]),
            (sender.sendall, [text]),
            (sender.sendto, [text, (host, port)]),
            (sender.send, [text.encode()]),
        ]:
            try:
                call(*arguments)
                print(f"{call.__name__}({arguments[0]!r}): sent")
            except TypeError as error:
                print(f"{call.__name__}({arguments[0]!r}): TypeError: {error}")


if __name__ == "__main__":
    main()
