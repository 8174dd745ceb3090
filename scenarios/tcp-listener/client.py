"""Sends each line that is typed, or nothing if it is empty, and prints what comes.  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        for line in sys.stdin:
            server.sendall(line.strip().encode())
            answer = server.recv(1024)
            print(answer.decode() if answer else "the server has closed", flush=True)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"client.py: {error.strerror}")
    except KeyboardInterrupt:
        pass
