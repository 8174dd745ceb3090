"""The limits of this host: set on programs before their exec, and seen when somebody ran into them.

Forks that were refused and processes that were killed for want of memory are counted by the control group, whose
files show in the container: /sys/fs/cgroup with one hierarchy or, of version 1, a folder a controller.
"""

import itertools
import os
import resource
import signal
import stat

from student import HOME

FOLDERS = (HOME, "/tmp", "/dev/shm")  # noqa: S108 - in the container; those that a program can fill
LOOKED_AT = 10_000  # files whose size is looked at
COUNTERS = {  # what -> (file, key) under version 2 and version 1
    "processes": (("pids.events", "max"), ("pids/pids.events", "max")),
    "memory": (("memory.events", "oom_kill"), ("memory/memory.oom_control", "oom_kill")),
}
GRACE = 1  # seconds between SIGXCPU and SIGKILL
FIXED = {  # no core dumps, no message queues, which outlive their program; memory locked: what getrlimit(2) calls usual
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_MSGQUEUE: 0,
    resource.RLIMIT_MEMLOCK: 65536,
}
FIRST_TO_GO = "1000"  # proc_pid_oom_score_adj(5): where memory runs out, a program is killed and not PID 1


class Counter:
    """A number of the control group that only grows; where this machine does not tell it, it never does."""

    def __init__(self, what, root="/sys/fs/cgroup/"):
        self.descriptor = None
        for name, key in COUNTERS[what]:
            try:
                self.descriptor = os.open(root + name, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            self.key = key.encode()
            break
        self.last = self.read()

    def read(self):
        """The number now."""
        if self.descriptor is None:
            return 0
        lines = os.pread(self.descriptor, 4096, 0).splitlines()
        return next((int(line.split()[1]) for line in lines if line.split()[0] == self.key), 0)

    def grew(self):
        """Whether it has grown since this was last asked."""
        before, self.last = self.last, self.read()
        return self.last > before


def impose(most):
    """In a child that becomes a program, while it is still root: `open_files`, `file_size` (bytes), `cpu` (seconds)."""
    for what, value in FIXED.items():
        resource.setrlimit(what, (value, value))
    resource.setrlimit(resource.RLIMIT_NOFILE, (most["open_files"], most["open_files"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most["file_size"], most["file_size"]))
    resource.setrlimit(resource.RLIMIT_CPU, (most["cpu"], most["cpu"] + GRACE))
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write(FIRST_TO_GO)


def hit_by(status, seconds, cpu):
    """What ended a process that took `seconds` of processor time; None if no limit did."""
    if status == -signal.SIGXFSZ:
        return "file_size"
    if status == -signal.SIGXCPU or (status == -signal.SIGKILL and seconds >= cpu):
        return "cpu"
    return None


def kill_everything(collect):
    """Kill all processes but this one, PID 1, also those that fork meanwhile; `collect` waits for one to end."""
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return
        collect()


def full(folders=FOLDERS):
    """What there is no more of in the folders that programs write to: "disk" (room), "files"."""
    found = set()
    for folder in folders:
        told = os.statvfs(folder)
        if not told.f_bavail:
            found.add("disk")
        if not told.f_favail:
            found.add("files")
    return sorted(found)


def largest(folders=FOLDERS):
    """Bytes of the largest file there is: a program that heeds no SIGXFSZ, as Python, stops at the limit."""
    return max((max(sizes(folder), default=0) for folder in folders), default=0)


def sizes(folder):
    """The sizes of the files in a folder and below it, as far as they can be looked at."""
    walk = itertools.chain.from_iterable(([(d, n) for n in names] for _, _, names, d in os.fwalk(folder)))
    try:
        for descriptor, name in itertools.islice(walk, LOOKED_AT):
            told = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISREG(told.st_mode):
                yield told.st_size
    except OSError:  # it goes deeper than files may be open, or a program removes what is looked at
        return
