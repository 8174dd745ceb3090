"""Reads what the first process knows, its memory and what it has open; traces it; asks the kernel."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH = 16
for name in ("environ", "mem", "maps", "stack", "auxv", "syscall", "io"):
    try:
        with open(f"/proc/1/{name}", "rb") as file:
            got = file.read(4096)
    except OSError:
        continue
    if got:
        print("ESCAPED read /proc/1/" + name, len(got))
for name in ("fd", "map_files", "cwd", "root", "exe", "ns/net"):
    try:
        print("ESCAPED", name, os.listdir("/proc/1/" + name) if name in ("fd", "map_files") else os.readlink("/proc/1/" + name))
    except OSError:
        continue
if libc.ptrace(PTRACE_ATTACH, 1, None, None) == 0:
    print("ESCAPED traces the first process")
commands = b""
for number in os.listdir("/proc"):
    if number.isdigit():
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file:
                commands += file.read()
        except OSError:
            continue
for secret in (b"client.py", b"dockerd", b"containerd", b"scenario"):
    if secret in commands:
        print("ESCAPED sees a process of somebody else:", secret)
for path in ("/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmsg", "/proc/sysrq-trigger", "/dev/sda", "/dev/vda"):
    try:
        os.close(os.open(path, os.O_RDONLY))
        with open(path, "rb") as file:
            if file.read(1):
                print("ESCAPED read", path)
    except OSError:
        continue
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/sys/kernel/uevent_helper"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("ESCAPED may write", path)
    except OSError:
        continue
for name, value in os.environ.items():
    if any(word in name for word in ("TOKEN", "SECRET", "KEY", "DOCKER", "LAB", "SEED")):
        print("ESCAPED", name, value)
print("asked everything")
