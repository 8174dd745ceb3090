"""A TCP client that says one thing and prints the answer (gbk).  python3 client.py [host] [port]"""

import socket
import sys


def talk(server):
    """Say one thing to the server and print its answer as one line, both in gbk on the wire.

    Send the whole of `客户端发来消息...`, then tell the server that this was all: shutdown(socket.SHUT_WR).
    The answer is whole when recv() returns b"", not before: one recv() may bring a part of it, and half a character.
    """


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        talk(server)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
