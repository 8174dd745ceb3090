import os
import socket
import sys

sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sending.connect((sys.argv[1], int(sys.argv[2])))
sending.send(b"first")
sending.send(b"last")
os._exit(0)
