"""A TCP server that greets, with a thread for each client (utf-8).  python3 server.py [host] [port]

Every message is a line: recv() may bring a part of one, or several at once.
"""

import socket
import sys


def serve(client):
    """Talk to one client, every message a line that ends with b"\\n".

    At once send `welcome!`. For every line that comes think for a second, then answer `hello, <text>!`.
    An empty line, `exit`, or the end of the stream ends it: close this client's socket.
    """


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(5)
        while True:
            client, _ = listener.accept()
            serve(client)  # and who accepts the next client meanwhile?


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端出错: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
