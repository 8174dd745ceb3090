"""Resets the connection where it should close it.  python3 server.py [port]"""

import codecs
import socket
import struct
import sys
import threading


def serve(client, address):
    decoder = codecs.getincrementaldecoder("gbk")("replace")  # a character cut in two waits for its other half
    with client:
        try:
            while data := client.recv(1024):
                print(f"{decoder.decode(data)} from {address}")
                client.sendall("OK,数据处理中...".encode("gbk"))
        except ConnectionError:
            pass  # the client is gone without saying so
        print(f"客户端程序已退出... from {address}")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(128)
        while True:
            client, address = listener.accept()
            print(f"已成功连接客户端程序... from {address}")
            threading.Thread(target=serve, args=(client, address), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
