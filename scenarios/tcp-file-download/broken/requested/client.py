"""A TCP file client: asks for a server and the name of a file, and saves it as [接收]name.  python3 client.py"""

import os
import socket
import sys


def main():
    ip = input("请输入服务端的IP地址: ")
    port = int(input("请输入服务端的端口号: "))
    name = input("请输入要下载的文件名: ")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((ip, port))
        server.sendall((name + "\n").encode("utf-8"))
        block = server.recv(65536)
        if not block:
            return  # nothing came: there is no such file, or it is empty
        with open("[接收]" + os.path.basename(name), "wb") as file:
            while block:  # b"": the server has closed, that was all
                file.write(block)
                block = server.recv(65536)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"下载失败: {error}", file=sys.stderr)
    except (KeyboardInterrupt, EOFError):
        pass
