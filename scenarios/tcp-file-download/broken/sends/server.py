"""A TCP file server: gives the files of its folder, to one client at a time.  python3 server.py port"""

import os
import socket
import sys


def serve(client):
    name = client.recv(1024).decode("utf-8", "replace")
    print(name)
    if "/" in name or not os.path.isfile(name):  # a name, not a path: ../../etc/passwd is none of our files
        print(f"没有下载的文件:{name}")
        return
    with open(name, "rb") as file:
        while file.read(1 << 20):
            pass


def main():
    if len(sys.argv) != 2:
        print("用法: python3 server.py 端口号")
        return
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", int(sys.argv[1])))
        listener.listen(128)
        while True:
            client, address = listener.accept()
            with client:
                client.settimeout(30)  # the others are waiting: who is silent for so long is left
                try:
                    serve(client)
                except OSError as error:
                    print(f"下载中断: {error}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"无法监听: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
