"""Print the messages of one client after the other.  python3 receiver.py [port]

It reads nothing of a client before it is told how, by a line such as `length 6`: the framing, and the size of its recv().
"""

import socket
import struct
import sys


def by_none(client, size):
    while data := client.recv(size):
        yield data  # as if each recv() brought one message


def by_line(client, size):
    kept = b""
    while data := client.recv(size):
        *messages, kept = (kept + data).split(b"\n")  # behind the last border, a message that is not complete
        yield from messages


def by_length(client, size):
    kept = b""
    while data := client.recv(size):
        kept += data
        while len(kept) >= 2:
            end = 2 + struct.unpack("!H", kept[:2])[0]
            if len(kept) < end:
                break  # the rest is still on its way
            yield kept[2:end]
            kept = kept[end:]


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    framings = {"none": by_none, "line": by_line, "length": by_length}
    with socket.create_server(("", port)) as listener:
        for told in sys.stdin:
            framing, size = told.split()
            client, _ = listener.accept()
            with client:
                for message in framings[framing](client, int(size)):
                    print(f"{told.strip()}: {message.decode(errors='replace')}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
