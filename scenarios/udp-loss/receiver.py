"""Print each datagram, until none comes for a while.  python3 receiver.py [port] [seconds]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    patience = float(sys.argv[2]) if len(sys.argv) > 2 else 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", port))
        try:
            while True:
                data, _ = receiver.recvfrom(65535)
                print(data.decode(), flush=True)
                receiver.settimeout(patience)  # for the first one it waits as long as it takes
        except TimeoutError:
            print(f"nothing more in {patience:g} s")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
