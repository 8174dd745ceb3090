"""Prints bytes where it should print text.  python3 chat.py [port]"""

import ipaddress
import select
import socket
import sys


def show(udp):
    data, address = udp.recvfrom(65535)  # of a longer datagram than this the rest is lost; none is longer
    print(f">>>{address}:{data}")


def ask(udp, prompt):
    print(prompt, end="", flush=True)
    while True:
        ready, _, _ = select.select([sys.stdin, udp], [], [])  # whichever comes first; of both, the keyboard
        if sys.stdin not in ready:
            print()
            show(udp)
            print(prompt, end="", flush=True)
        elif line := sys.stdin.readline():
            return line.rstrip("\n")
        else:
            raise EOFError


def send(udp):
    text = ask(udp, "请输入要发送的内容:")
    ip = ask(udp, "请输入对方的ip:")
    port = ask(udp, "请输入对方的port:")
    try:
        udp.sendto(text.encode(), (str(ipaddress.IPv4Address(ip)), int(port)))
    except (ValueError, OverflowError, OSError):
        print("输入有误,请重新输入...")


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
            else:
                print("输入有误,请重新输入...")


if __name__ == "__main__":
    try:
        main()
    except (EOFError, KeyboardInterrupt):
        print()
