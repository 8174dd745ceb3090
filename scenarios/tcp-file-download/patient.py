"""A TCP file client that reads nothing until you press Enter.  Type host, port and file name, a line each."""

import socket
import sys


def main():
    host, port, name = (sys.stdin.readline().rstrip("\n") for _ in range(3))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, int(port)))
        print("已连接")
        server.sendall(name.encode("utf-8"))
        server.recv(1, socket.MSG_PEEK)  # waits for the first byte, and leaves it where it is
        print("开始收到数据")
        sys.stdin.readline()
        with open(f"[接收]{name}", "wb") as file:
            while block := server.recv(65536):
                file.write(block)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"下载失败: {error}")
    except KeyboardInterrupt:
        pass
