"""Decodes what one recv() brought by itself: half a character ends the thread.  python3 server.py [port]"""

import socket
import sys
import threading


def serve(client, address):
    with client:
        try:
            while data := client.recv(1024):
                print(f"{data.decode('gbk')} from {address}")
                client.sendall("OK,数据处理中...".encode("gbk"))
        except (ConnectionError, UnicodeDecodeError):
            pass  # the client is gone without saying so, or has sent half a character
        print(f"客户端程序已退出... from {address}")


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
