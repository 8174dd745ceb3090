"""Send each line that is typed with one sendall(), framed.  python3 sender.py [host] [port] [none|line|length]"""

import socket
import struct
import sys


def framed(message, framing):
    if framing == "line":
        return message + b"\n"  # no message may hold this byte
    if framing == "length":
        return struct.pack("!H", len(message)) + message  # how many bytes follow, in two bytes
    return message


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    framing = sys.argv[3] if len(sys.argv) > 3 else "none"
    with socket.create_connection((host, port)) as server:
        for line in sys.stdin:
            server.sendall(framed(line.rstrip("\n").encode(), framing))
        server.shutdown(socket.SHUT_WR)  # that was all
        server.recv(1)  # until the receiver has closed too


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
