import socket
import sys

sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sending.connect((sys.argv[1], int(sys.argv[2])))
for number in range(int(sys.argv[3])):
    sending.send(b"%d" % number)
