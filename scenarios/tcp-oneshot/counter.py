"""A TCP server for one client that answers in two pieces (gbk).  python3 counter.py [port] [answer]"""

import socket
import sys

from pieces import send_and_wait

ANSWER = "OK,数据处理中..."
CUT = 8  # between the two bytes of the third character after `OK,`: 处


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8989
    answer = (sys.argv[2] if len(sys.argv) > 2 else ANSWER).encode("gbk")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(128)
        client, address = listener.accept()
        with client:
            print(f"客户端程序的ip地址和端口号: {address}")
            message = b""
            while data := client.recv(1024):
                message += data
            print(message.decode("gbk", "replace"))
            send_and_wait(client, answer[:CUT])
            send_and_wait(client, answer[CUT:])


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"连接中断: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
