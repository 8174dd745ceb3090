"""A TCP client that only sends: each line you type, until `bye`.  python3 client.py [host] [port] [encoding]"""

import socket
import sys

PATIENCE = 5  # seconds that the server may take to close after `bye`


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8765
    encoding = sys.argv[3] if len(sys.argv) > 3 else "utf-8"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        for line in sys.stdin:
            message = line.rstrip("\n")
            server.sendall(message.encode(encoding))
            print(f"已发送: {message}")
            if message == "bye":
                server.settimeout(PATIENCE)
                server.recv(1024)  # b"" when the server has closed
                break


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
