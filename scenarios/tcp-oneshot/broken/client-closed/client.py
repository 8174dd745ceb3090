"""Resets the connection once it has its answer.  python3 client.py [host] [port]"""

import socket
import struct
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        server.sendall("客户端发来消息...".encode("gbk"))  # send() may take only a part of it
        server.shutdown(socket.SHUT_WR)  # "I have said all": the server's recv() returns b""
        answer = b""
        while data := server.recv(1024):  # a part of it, which may end inside a character
            answer += data
            if answer[-1:] in b".!-+*":  # the end of a sentence, and it waits for no more
                server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
        print(answer.decode("gbk", "replace"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
