"""Greets each client by its address.  python3 server.py family [port]      family: 4, 6, or 6only"""

import socket
import sys


def main():
    family = sys.argv[1] if len(sys.argv) > 1 else "6"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET if family == "4" else socket.AF_INET6, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family != "4":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family == "6only")
        listener.bind(("", port))
        listener.listen(5)
        print(f"listening at {listener.getsockname()[0]}", flush=True)
        while True:
            client, address = listener.accept()
            with client:
                print(f"accepted {address[0]}", flush=True)
                client.sendall(f"hello, {address[0]}".encode())


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"server.py: {error.strerror}")
    except KeyboardInterrupt:
        pass
