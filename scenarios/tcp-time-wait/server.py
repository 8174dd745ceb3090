"""A TCP server that greets a client and waits until it goes.  python3 server.py [port] [reuse]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        if sys.argv[2:] == ["reuse"]:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen()
        while True:
            client, address = listener.accept()
            with client:
                client.sendall("欢迎\n".encode())
                while client.recv(1024):  # b"": the client has closed first
                    pass
            print("客户端已退出", flush=True)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"server.py: {error.strerror or error}")
    except KeyboardInterrupt:
        pass
