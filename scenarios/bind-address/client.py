"""Tries one port after the other, and prints what is said there.  python3 client.py host port [port ...]"""

import socket
import sys


def ask(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        answer = b""
        while data := server.recv(1024):
            answer += data
    return answer.decode().strip()


def main():
    host, *ports = sys.argv[1:]
    for port in ports:
        try:
            print(f"{port}: {ask(host, int(port))}")
        except ConnectionRefusedError as error:
            print(f"{port}: {error.strerror}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
