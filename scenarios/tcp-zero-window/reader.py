"""Take a connection, but read nothing of it before a line is typed.  python3 reader.py [port]"""

import socket
import sys

LINE = b"123456789\n"


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.create_server(("", port)) as listener:
        client, _ = listener.accept()
        with client:
            sys.stdin.readline()  # busy with something else
            received = b""
            while data := client.recv(65536):
                received += data
    right = received == LINE * (len(received) // len(LINE))
    print(f"received {len(received)} bytes: {'every line is right' if right else 'some lines are wrong'}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
