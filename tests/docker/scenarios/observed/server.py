import socket
import sys
import threading
import time

quiet = threading.Event()
for _ in range(2):
    threading.Thread(target=quiet.wait, daemon=True).start()
with socket.create_server(("", int(sys.argv[1]))) as listening:
    connection, peer = listening.accept()
    with connection, open("received", "wb") as kept:
        data = connection.recv(100)
        kept.write(data)
        kept.flush()
        time.sleep(0.01)  # so that the packet is surely the earlier event
        print("got", len(data))
        connection.recv(100)
    open("done", "w").close()
