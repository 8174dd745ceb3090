"""A TCP client that only sends, any text (gbk).  python3 talking_client.py [host] [port] [text]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12823
    text = sys.argv[3] if len(sys.argv) > 3 else "数据"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        server.sendall(text.encode("gbk"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
