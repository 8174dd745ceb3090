"""A TCP server for one client after the other (gbk).  python3 server.py [host] [port]; host "" is every address"""

import socket
import sys


def serve(client, address):
    """Hear one client out and answer it, both in gbk on the wire.

    At once print `客户端程序的ip地址和端口号: <address>`. Read until the client has said all: recv() returns b"".
    Print the message as one line, and answer `OK,数据处理中...`.
    """


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else ""
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8989
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((host, port))  # and if the last run's connection still holds the port?
        listener.listen(128)
        client, address = listener.accept()
        with client:
            serve(client, address)  # and who serves the next client?


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端出错: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
