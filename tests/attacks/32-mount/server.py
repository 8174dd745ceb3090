"""Mounts: file systems, binds, the calls of the new interface."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
OPEN_TREE, FSOPEN, FSMOUNT = 428, 430, 432  # the same on every machine
os.mkdir("there")
for kind in (b"tmpfs", b"proc", b"sysfs", b"cgroup2", b"overlay", b"devpts", b"mqueue", b"ext4"):
    if libc.mount(kind, b"there", kind, 0, None) == 0:
        print("ESCAPED mounted", kind)
BIND, REMOUNT = 4096, 32
if libc.mount(b"/etc", b"there", None, BIND, None) == 0:
    print("ESCAPED bound /etc")
if libc.mount(None, b"/", None, REMOUNT, None) == 0:
    print("ESCAPED made the root writable")
for path in (b"/proc", b"/sys", b"/tmp", b"/home/student"):
    if libc.umount2(path, 2) == 0:
        print("ESCAPED unmounted", path)
if libc.syscall(OPEN_TREE, -100, b"/", 1) >= 0:
    print("ESCAPED open_tree")
descriptor = libc.syscall(FSOPEN, b"tmpfs", 0)
if descriptor >= 0:
    print("ESCAPED fsopen")
for path in ("/lab/attack", "/usr/lib/python3/dist-packages/attack.pth", "/etc/attack", "/attack", "/var/tmp/../x"):
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        print("ESCAPED wrote", path)
    except OSError:
        continue
