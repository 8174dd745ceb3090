"""A UDP client that is greeted three times (utf-8).  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)  # a datagram may be lost: do not wait for ever
        for name in ["Michael", "Tracy", "Sarah"]:
            client.sendto(name.encode(), (host, port))  # no bind(): the system draws a port
            data, _ = client.recvfrom(1024)
            print(data.decode())


if __name__ == "__main__":
    try:
        main()
    except TimeoutError:
        sys.exit("没有收到应答")
    except KeyboardInterrupt:
        pass
