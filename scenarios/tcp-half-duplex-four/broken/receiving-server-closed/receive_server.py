"""Leaves its socket open and waits for a key.  python3 receive_server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12823
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(1)
        client, _ = listener.accept()
        with client:
            message = b""
            while data := client.recv(1024):  # until the sender has closed
                message += data
            print(message.decode("gbk", "replace"))
            input("按回车键结束")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
