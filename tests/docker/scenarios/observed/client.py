import socket
import subprocess
import sys
import time

sleeping = subprocess.Popen(["sleep", "60"])
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    connection.sendall(b"hello")
    input("go on? ")
    time.sleep(0.01)
print("closed")
sleeping.kill()
sleeping.wait()
