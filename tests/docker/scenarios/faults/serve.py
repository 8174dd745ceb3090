import socket, threading


def talk(c, port):
    try:
        while data := c.recv(1000):
            c.sendall(data)
        print(port, "closed", flush=True)
    except OSError as error:
        print(port, type(error).__name__, flush=True)


def accept(s, port):
    while True:
        threading.Thread(target=talk, args=(s.accept()[0], port)).start()


for port in range(8001, 8005):
    threading.Thread(target=accept, args=(socket.create_server(("", port)), port)).start()
