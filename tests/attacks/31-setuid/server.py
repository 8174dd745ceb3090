"""Programs that are root's whoever runs them: those of the image, and copies of its own."""

import os
import shutil
import stat
import subprocess
import time

with open("/proc/self/status", encoding="ascii") as file:
    status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
if status["NoNewPrivs"] != "1":
    print("ESCAPED may gain privileges by exec")
for kind in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
    if int(status[kind], 16):
        print("ESCAPED has capabilities", kind, status[kind])


def effective(command):
    """The effective user of a command a moment after its start."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError:
        return None
    time.sleep(0.02)
    try:
        with open(f"/proc/{child.pid}/status", encoding="ascii") as file:
            return next(line.split()[2] for line in file if line.startswith("Uid:"))
    except OSError:
        return None
    finally:
        child.kill()
        child.communicate()


found = []
for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/lib", "/usr/libexec"):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            found.append(path)
            if effective([path]) == "0":
                print("ESCAPED is root through", path)
        elif stat.S_ISREG(mode) and "security.capability" in os.listxattr(path):
            found.append(path)
print("privileged programs:", *found)
shutil.copy("/bin/sleep", "mine")
for owner in (0, 1000):
    try:
        os.chown("mine", owner, owner)
        os.chmod("mine", 0o6755)
    except OSError:
        continue
    if effective(["./mine", "1"]) == "0":
        print("ESCAPED is root through its own file")
for call in (os.setuid, os.setgid, os.seteuid, lambda number: os.setresuid(number, number, number)):
    try:
        call(0)
        print("ESCAPED became root")
    except OSError:
        continue
try:
    os.setgroups([0])
    print("ESCAPED joined root's group")
except OSError:
    pass
