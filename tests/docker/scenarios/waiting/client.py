import signal
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
    sending.sendto(b"middle", (sys.argv[1], int(sys.argv[2])))
    signal.pause()
