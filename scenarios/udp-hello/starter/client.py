"""A UDP client that is greeted three times (utf-8).  python3 client.py [host] [port] [seconds]"""

import socket
import sys


def main():
    """Send Michael, Tracy and Sarah, each as one datagram, and print each answer before sending the next.

    A datagram or its answer may be lost. If none has come after so many seconds, send that name again; after three
    times without an answer, end with sys.exit("没有收到应答").
    """
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"Michael", (host, port))  # and the answer? and the other two?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
