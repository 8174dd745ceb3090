"""A TCP client that waits to be greeted before it says anything (utf-8).  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8888
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        while answer := server.recv(1024):  # the server speaks first, and after every message
            print(f"server: {answer.decode('utf-8', 'replace')}")
            message = input("> ")
            server.sendall(message.encode("utf-8"))
            if message == "bye":
                return


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"client.py: {error.strerror or error}")
    except (EOFError, KeyboardInterrupt):
        pass
