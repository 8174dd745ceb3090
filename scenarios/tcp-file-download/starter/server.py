"""A TCP file server: gives the files of its folder, to one client at a time.  python3 server.py port"""

import socket
import sys


def serve(client):
    """Give one client the file that it asks for.

    Read the name (utf-8, at most 1024 bytes) and print it. Send the bytes of that file of this folder, a block after
    the other. Where there is no such file: print `没有下载的文件:<name>` and send nothing.
    """


def main():
    if len(sys.argv) != 2:
        return  # say how to call it: `用法: python3 server.py 端口号`
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("", int(sys.argv[1])))
        listener.listen(128)
        while True:
            client, address = listener.accept()
            with client:
                serve(client)  # and what if it leaves too early?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
