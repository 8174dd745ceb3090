"""A TCP server with a thread for each client (gbk).  python3 server.py [port]"""

import socket
import sys


def serve(client, address):
    """Talk to one client until it has said all.

    For every message: print `<text> from <address>`, answer `OK,数据处理中...`, both in gbk on the wire.
    One recv() may end in the middle of a character; that must neither end the conversation nor lose the character.
    When recv() returns b"": print `客户端程序已退出... from <address>` and close this client's socket.
    """


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(128)
        while True:
            client, address = listener.accept()
            print(f"已成功连接客户端程序... from {address}")
            serve(client, address)  # and who accepts the next client meanwhile? what ends all of it at Ctrl-C?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
