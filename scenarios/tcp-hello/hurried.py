"""A TCP client that does not wait for answers: its messages stick together.  python3 hurried.py [host] [port] [name ...]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    first, second, third = sys.argv[3:] or ["Michael", "Tracy", "Sarah"]
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        answers = server.makefile(encoding="utf-8", errors="replace")
        print(answers.readline().rstrip("\n"))
        server.sendall(f"{first}\n{second}\n{third[:2]}".encode())  # two messages and a half, all in one segment
        for _ in range(2):
            print(answers.readline().rstrip("\n"))
        # The answers show that the first half was read before the rest is sent.
        server.sendall(f"{third[2:]}\nexit\n".encode())
        for line in answers:
            print(line.rstrip("\n"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
