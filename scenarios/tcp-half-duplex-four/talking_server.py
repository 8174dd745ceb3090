"""A TCP server that only sends, any text, to one client (gbk).  python3 talking_server.py [port] [text]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12824
    text = sys.argv[2] if len(sys.argv) > 2 else "TCP数据"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(1)
        client, _ = listener.accept()
        with client:
            client.sendall(text.encode("gbk"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
