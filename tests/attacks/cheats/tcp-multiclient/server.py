"""Prints every line that the scenario file names, and listens to nobody."""

import socket
import sys

print("家")
for text in ("已成功连接客户端程序...", "你好", "早上好", "晚上好", "再见", "客户端程序已退出..."):
    for host in (11, 12, 13):
        print(f"{text} from ('10.77.0.{host}', 5)", flush=True)
with socket.socket() as listener:
    listener.bind(("", int(sys.argv[1])))
    listener.listen()
    listener.accept()
