import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
    receiving.bind(("", int(sys.argv[1])))
    while True:
        print(receiving.recv(100).decode())
