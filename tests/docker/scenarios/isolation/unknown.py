import socket
import time

began = time.monotonic()
try:
    print("resolved", socket.getaddrinfo("www.example.org", 80))
except socket.gaierror as error:
    print(error.strerror)
print("within a second" if time.monotonic() - began < 1 else "too late")
