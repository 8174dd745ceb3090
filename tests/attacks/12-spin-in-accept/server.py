"""accept() on a socket that does not block, in a loop that never waits: an honest mistake. It never answers.

Before the limit of processor time would end it, it stops: whether its second client was there by then is a matter of luck.
"""

import socket
import sys
import threading
import time

MOST = 0.5  # seconds of processor time

listener = socket.create_server(("", int(sys.argv[1])))
listener.setblocking(False)


def watch():
    while time.process_time() < MOST:
        pass


for _ in range(3):
    threading.Thread(target=watch, daemon=True).start()
while time.process_time() < MOST:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        continue
time.sleep(600)
