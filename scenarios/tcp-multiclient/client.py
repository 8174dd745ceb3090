"""A TCP client (gbk): sends every line you type and prints the answer.  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        for line in sys.stdin:
            server.sendall(line.rstrip("\n").encode("gbk"))
            answer = server.recv(1024)
            if not answer:
                break
            print(answer.decode("gbk", "replace"))
        server.shutdown(socket.SHUT_WR)  # "I have said all": the server's recv() returns b""
        while server.recv(1024):
            pass  # until the server has closed its side too


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
