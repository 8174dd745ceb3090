"""A TCP file client: asks for a server and the name of a file, and saves it as [接收]name.  python3 client.py"""

import socket


def download(ip, port, name):
    """Send the name (utf-8), and write all that comes until the server closes to the file `[接收]<name>`.

    Where nothing comes there is no file.
    """


def main():
    ip = input("请输入服务端的IP地址: ")
    port = int(input("请输入服务端的端口号: "))
    name = input("请输入要下载的文件名: ")
    download(ip, port, name)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"下载失败: {error}")
    except (KeyboardInterrupt, EOFError):
        pass
