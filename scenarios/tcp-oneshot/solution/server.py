"""A TCP server for one client after the other (gbk).  python3 server.py [host] [port]; host "" is every address"""

import socket
import sys


def serve(client, address):
    print(f"客户端程序的ip地址和端口号: {address}")
    message = b""
    while data := client.recv(1024):  # a part of it, which may end inside a character
        message += data
    print(message.decode("gbk", "replace"))
    client.sendall("OK,数据处理中...".encode("gbk"))


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else ""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8989
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
        while True:
            client, address = listener.accept()
            with client:
                try:
                    serve(client, address)
                except ConnectionError:
                    pass  # this client is gone; the next one is not


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端出错: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
