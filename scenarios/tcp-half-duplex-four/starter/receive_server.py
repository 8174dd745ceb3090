"""A TCP server that only receives, from one client (gbk).  python3 receive_server.py [port]"""

import socket
import sys


def main():
    """Accept one client, receive until it has closed, print all of it, decoded as gbk, on one line, and close."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12823
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(1)
        listener.accept()  # and then?


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
