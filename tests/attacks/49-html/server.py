"""Markup in what it prints, what it answers, what it keeps and what it raises."""

import os
import socket
import sys

BAD = (
    "<script>alert('lab-attack-49')</script><img src=x onerror=alert('lab-attack-49')>"
    "\"><svg/onload=alert(1)>'><iframe srcdoc='<script>alert(1)</script>'>"
    "</pre></code></td></table><!-- {{7*7}} ${7*7} {% raw %} &lt;b&gt; &#60;script&#62; javascript:alert(1)"
)
print(BAD)
print(BAD, file=sys.stderr)
with open("said.txt", "w") as file:
    file.write(BAD)
os.mkdir("<img src=x onerror=alert(1)>")
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(BAD.encode() + b"\n")
    connection.close()
raise RuntimeError(BAD)
