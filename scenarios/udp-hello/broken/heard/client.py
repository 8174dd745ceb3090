"""Sends again what was lost, and does not wait for the answer to that.  python3 client.py [host] [port] [seconds]"""

import socket
import sys


def ask(client, message, server):
    client.sendto(message, server)  # no bind(): the system draws a port
    try:
        answer, _ = client.recvfrom(1024)
        return answer
    except TimeoutError:
        client.sendto(message, server)
        return b""


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(seconds)
        for name in ["Michael", "Tracy", "Sarah"]:
            answer = ask(client, name.encode(), (host, port))
            print(answer.decode())


if __name__ == "__main__":
    try:
        main()
    except TimeoutError:
        sys.exit("没有收到应答")
    except KeyboardInterrupt:
        pass
