"""Speaks as much FTP, SMTP or HTTP as a first visit takes.  python3 server.py protocol [port]"""

import socket
import sys

PORTS = {"ftp": 21, "smtp": 25, "http": 80}
GREETINGS = {"ftp": "220 who is there?", "smtp": "220 server who is there?"}  # of HTTP the client speaks first
ANSWERS = {
    "USER": "230 welcome",
    "EHLO": "250 pleased to meet you",
    "QUIT": "221 goodbye",
    "": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n",  # an empty line ends a request
}


def serve(client, protocol):
    with client, client.makefile("r", newline="\r\n") as lines:
        if protocol in GREETINGS:
            client.sendall(f"{GREETINGS[protocol]}\r\n".encode())
        for line in lines:
            word = line.strip().partition(" ")[0].upper()
            if word in ANSWERS:
                client.sendall(f"{ANSWERS[word]}\r\n".encode())
            if word in ("QUIT", ""):
                return


def main():
    protocol = sys.argv[1]
    port = int(sys.argv[2]) if len(sys.argv) > 2 else PORTS[protocol]
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("", port))
        listener.listen(5)
        while True:
            client, _ = listener.accept()
            serve(client, protocol)


if __name__ == "__main__":
    try:
        main()
    except PermissionError as error:
        sys.exit(f"server.py: {error.strerror}")
    except KeyboardInterrupt:
        pass
