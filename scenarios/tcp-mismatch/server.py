"""A TCP server that listens and never says a word (utf-8, gbk).  python3 server.py [port]"""

import socket
import sys


def text_of(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gbk", "replace")


def serve(client):
    with client:
        while data := client.recv(1024):  # b"": the client is gone, with or without "bye"
            text = text_of(data)
            print(text)
            if text == "bye":
                return


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(125)
        while True:
            client, address = listener.accept()
            try:
                serve(client)
            except ConnectionError:
                pass  # reset by the client: on to the next one


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
