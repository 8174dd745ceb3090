# The print statement of Python 2.
import socket, sys
listener = socket.socket()
listener.bind(('', int(sys.argv[1])))
listener.listen(5)
print "waiting"
while True:
    connection, address = listener.accept()
    connection.send("echo: " + connection.recv(100))
