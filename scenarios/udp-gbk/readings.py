"""Waits for one datagram and reads its bytes in three encodings.  python3 readings.py [port] [seconds]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12823
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", port))
        receiver.settimeout(seconds)
        data, _ = receiver.recvfrom(1024)
        print(data.hex(" "))
        for encoding in ["gbk", "utf-8", "latin-1"]:
            try:
                print(f"{encoding}: {data.decode(encoding)}")
            except UnicodeDecodeError as error:
                print(f"{encoding}: {error}")


if __name__ == "__main__":
    try:
        main()
    except TimeoutError:
        sys.exit("没有收到数据")
    except KeyboardInterrupt:
        pass
