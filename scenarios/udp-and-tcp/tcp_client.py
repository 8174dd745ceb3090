"""Asks so many questions on TCP, on one connection.  python3 tcp_client.py HOST PORT COUNT"""

import socket
import sys


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.create_connection((host, port)) as server, server.makefile("rb") as answers:
        for number in range(count):
            server.sendall(f"question {number}\n".encode())
            print(answers.readline().decode().rstrip("\n"))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
