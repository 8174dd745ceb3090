"""Serves all clients at once, a thread for each.  python3 server.py [port]"""

import socket
import sys
import threading


def text_of(message):
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        return message.decode("gbk", "replace")  # what is neither is shown as U+FFFD


def serve(client):
    with client:
        try:
            while True:
                message = client.recv(1024)
                if not message:
                    break  # the client is gone without `bye`
                text = text_of(message)
                print(text)
                if text == "bye":
                    break
        except ConnectionError:
            pass  # the client has reset the connection


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(125)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端终止: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
