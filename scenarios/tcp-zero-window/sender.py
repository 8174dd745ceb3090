"""Send many lines, as fast as may be.  python3 sender.py [host] [port] [lines]"""

import socket
import sys

LINE = b"123456789\n"


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        server.sendall(LINE * count)  # returns when the kernel has taken the last of them
        print(f"sent {count} lines")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
