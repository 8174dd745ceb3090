"""A TCP server for one client after the other, each until its `bye` (utf-8, else gbk).  python3 server.py [port]"""

import socket
import sys


def text_of(message):
    """The text of a message: its bytes decoded as utf-8, or else as gbk.

    Bytes that are valid in neither must not end the server: show what can be shown of them.
    """
    return message.decode("utf-8")


def serve(client):
    """Print every message of one client until it says `bye` or is gone.

    One recv() is taken as one message. Never answer. Return after `bye`, and when recv() returns b"".
    """


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(125)
        while True:
            client, _ = listener.accept()
            with client:
                serve(client)  # and if the client resets the connection?


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端终止: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
