"""Leaves what the next run should find, everywhere; and looks for what a run before it left."""

import os

PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/home/student", "/home", "/run", "/var/lock", "/var/spool/cron", "/etc/cron.d", "/lab",
          "/usr/local/bin", "/usr/local/lib/python3.13/dist-packages", "/opt", "/srv", "/mnt", "/dev", "/dev/mqueue", "/sys/fs/cgroup")
for place in PLACES:
    path = os.path.join(place, "lab-attack-51")
    if os.path.exists(path):
        print("ESCAPED found what another run left:", path)
    try:
        with open(path, "x") as file:
            file.write("left by a run before")
    except OSError:
        continue
    print("left in", place)
for path in ("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/etc/passwd"):
    try:
        with open(path, "a") as file:
            file.write("# lab-attack-51\n")
        print("ESCAPED wrote to", path)
    except OSError:
        continue
