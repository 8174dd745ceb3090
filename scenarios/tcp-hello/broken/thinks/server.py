"""Answers at once, without a thought.  python3 server.py [host] [port]"""

import socket
import sys
import threading


def lines(client):
    rest = b""
    while data := client.recv(1024):
        *whole, rest = (rest + data).split(b"\n")
        yield from whole


def serve(client):
    with client:
        try:
            client.sendall(b"welcome!\n")
            for line in lines(client):
                if line in (b"", b"exit"):
                    break
                client.sendall(b"hello, " + line + b"!\n")
        except ConnectionError:
            pass  # the client is gone without saying so


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(5)
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"服务端出错: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
