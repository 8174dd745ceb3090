"""Sends every message back to clients that do not read.  python3 server.py [port]"""

import socket
import sys


def text_of(message):
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        return message.decode("gbk", "replace")  # what is neither is shown as U+FFFD


def serve(client):
    while True:
        message = client.recv(1024)
        if not message:
            break  # the client is gone without `bye`
        text = text_of(message)
        print(text)
        client.sendall(message)
        if text == "bye":
            break


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(125)
        while True:
            client, _ = listener.accept()
            with client:
                try:
                    serve(client)
                except ConnectionError:
                    pass  # the client has reset the connection


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端终止: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
