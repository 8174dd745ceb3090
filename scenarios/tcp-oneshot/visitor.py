"""A TCP client that says its one thing in two pieces (gbk).  python3 visitor.py [host] [port] [message]"""

import socket
import sys

from pieces import send_and_wait

MESSAGE = "客户端发来消息..."
CUT = 7  # between the two bytes of the fourth character: 发


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8989
    message = (sys.argv[3] if len(sys.argv) > 3 else MESSAGE).encode("gbk")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        send_and_wait(server, message[:CUT])
        server.sendall(message[CUT:])
        server.shutdown(socket.SHUT_WR)
        answer = b""
        while data := server.recv(1024):
            answer += data
        print(answer.decode("gbk", "replace"))


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
