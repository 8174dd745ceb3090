"""Ends when this host's programs have read what came on connections of a port, and wait.  python3 all_read.py PORT"""

import os
import sys
import time

PATIENCE = 3  # seconds; a program that never waits is not waited for
LISTEN = "0A"


def unread(port):
    """Whether bytes wait to be read, by the kernel's tables of sockets: proc_net(5)."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for line in file.readlines()[1:]:
                _, local, remote, state, queues, *_ = line.split()
                ports = [int(end.split(":")[1], 16) for end in (local, remote)]
                if port in ports and state != LISTEN and int(queues.split(":")[1], 16) > 0:
                    return True
    return False


def busy():
    """Whether another program of this user runs, rather than waits for something: proc_pid_stat(5)."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(pid) != os.getpid() and os.stat(f"/proc/{pid}").st_uid == os.getuid():
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    state = file.read().rpartition(")")[2].split()[0]
                if state in ("R", "D"):
                    return True
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended
    return False


def main():
    port = int(sys.argv[1])
    patience = time.monotonic() + PATIENCE
    while (unread(port) or busy()) and time.monotonic() < patience:
        time.sleep(0.005)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
