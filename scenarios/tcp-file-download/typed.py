"""A TCP file server for one client, whose file you type, line by line, until your input ends.  python3 typed.py port"""

import socket
import sys


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", int(sys.argv[1])))
        listener.listen(128)
        client, address = listener.accept()
        with client:
            print(client.recv(1024).decode("utf-8", "replace"))
            for line in sys.stdin:
                client.sendall(line.encode("utf-8"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"发送中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
