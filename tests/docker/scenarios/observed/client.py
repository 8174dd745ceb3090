import socket
import subprocess
import sys

sleeping = subprocess.Popen(["sleep", "60"])
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    connection.sendall(b"hello")
    input("go on? ")
    print("closed", flush=True)
    input()  # the server ends only after this, once its peer has closed
sleeping.kill()
sleeping.wait()
