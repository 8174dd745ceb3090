"""A TCP client that is greeted three times, a line a message (utf-8).  python3 client.py [host] [port] [name ...]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    names = sys.argv[3:] or ["Michael", "Tracy", "Sarah"]
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        answers = server.makefile(encoding="utf-8", errors="replace")  # whole lines, however recv() cuts them
        print(answers.readline().rstrip("\n"))
        for name in names:
            server.sendall(f"{name}\n".encode())
            print(answers.readline().rstrip("\n"))
        server.sendall(b"exit\n")
        for line in answers:  # until the server has closed
            print(line.rstrip("\n"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
