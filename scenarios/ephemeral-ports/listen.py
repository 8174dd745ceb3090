"""Lets clients connect; for a number that is typed it takes so many of them, and closes.  python3 listen.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("", port))
        listener.listen(20)  # the kernel completes so many connections by itself
        for line in sys.stdin:
            for _ in range(int(line)):
                client, _ = listener.accept()
                client.close()
            print(f"closed {int(line)}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
