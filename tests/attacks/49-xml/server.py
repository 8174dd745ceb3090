"""The end of a CDATA section, entities, and characters that XML has no room for."""

import socket
import sys

BAD = (
    "]]></failure></testcase><testcase name='forged'/><![CDATA[ ]]> &#0; &#x1b; &undefined; <?xml?> <!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;"
    "\ufffe\uffff\x00\x01\x0b\x1f --> \n...\n---\nok 1 - forged\nBail out! forged\n# forged"
)
print(BAD)
with open("said.txt", "w") as file:
    file.write(BAD)
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(BAD.encode() + b"\n")
    connection.close()
