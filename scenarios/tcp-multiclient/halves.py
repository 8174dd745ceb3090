"""A TCP client (gbk) that cuts a character in two, and sends the rest when it was answered.  python3 halves.py [host] [port] [text]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    message = (sys.argv[3] if len(sys.argv) > 3 else "大家好").encode("gbk")  # six bytes
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        for piece in message[:3], message[3:]:  # 大 and half of 家; the other half and 好
            server.sendall(piece)
            answer = server.recv(1024)
            if not answer:
                break
            print(answer.decode("gbk", "replace"))
        server.shutdown(socket.SHUT_WR)
        while server.recv(1024):
            pass  # until the server has closed its side too


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
