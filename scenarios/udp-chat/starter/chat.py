"""A chat over UDP (utf-8): you send by menu, and see what comes while you type.  python3 chat.py [port]"""

import socket
import sys


def show(udp):
    """Wait for one datagram and print it as `>>>('ip', port):text`, all of it, however long."""


def ask(udp, prompt):
    """Prompt for a line and return it; print the messages that come while nobody has finished typing.

    At the end of the input (Ctrl-D) raise EOFError, as input() does.
    """
    return input(prompt)  # and who looks at the socket meanwhile? See select(), or threading


def send(udp):
    """Send the text to the ip and the port that are typed, from our own port.

    What cannot be an address or a port is answered with `输入有误,请重新输入...`, and the menu comes again.
    """
    text = ask(udp, "请输入要发送的内容:")
    ip = ask(udp, "请输入对方的ip:")
    port = ask(udp, "请输入对方的port:")
    # and now?


def main():
    own_port = int(sys.argv[1]) if len(sys.argv) > 1 else 7890
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("", own_port))
        while True:
            choice = ask(udp, "1.发送消息 2.接收消息 请选择:")
            if choice == "1":
                send(udp)
            elif choice == "2":
                show(udp)


if __name__ == "__main__":
    main()
