"""A TCP client (gbk): sends the lines that you type and prints the answers: python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        for line in sys.stdin:
            server.sendall(line.rstrip("\n").encode("gbk"))
            data = server.recv(1024)
            if not data:
                print("服务端已关闭连接")
                break
            print(data.decode("gbk", "replace"))
        server.shutdown(socket.SHUT_WR)
        while server.recv(1024):
            pass  # until the server has closed its side too


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
