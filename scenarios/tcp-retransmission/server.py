"""Print the lines of one client after the other.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with socket.create_server(("", port)) as listener:
        while True:
            client, _ = listener.accept()
            with client, client.makefile(encoding="utf-8") as lines:
                for line in lines:
                    print(line, end="", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
