"""Sends each line you type as one datagram, as it is, and prints the answer.  python3 talk.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        for line in sys.stdin.buffer:
            client.sendto(line.rstrip(b"\n"), (host, port))
            try:
                answer, _ = client.recvfrom(1024)
                print(answer.decode("utf-8", "backslashreplace"))
            except TimeoutError:
                print("没有收到应答")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
