import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
    sending.connect((sys.argv[1], int(sys.argv[2])))
    for _ in range(int(sys.argv[3])):
        sending.send(b"who are you?")
        print(sending.recv(100).decode())
    sending.send(b"end")
