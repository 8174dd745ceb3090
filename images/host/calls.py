"""In which system call the threads of a process sleep, from /proc/PID/task/TID/syscall (proc(5)).

The numbers are those of the machine's own programs. poll(), select() and epoll_wait() name no socket
that can be found here, so a program that waits in one of them is in none of these calls.
"""

import os

CALLS = {  # arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
    "x86_64": {
        0: "recv",  # read
        1: "send",  # write
        40: "send",  # sendfile, whose first argument is where to
        42: "connect",
        43: "accept",
        44: "send",  # sendto
        45: "recv",  # recvfrom
        46: "send",  # sendmsg
        47: "recv",  # recvmsg
        288: "accept",  # accept4
    },
    "aarch64": {
        63: "recv",  # read
        64: "send",  # write
        71: "send",  # sendfile
        202: "accept",
        203: "connect",
        206: "send",  # sendto
        207: "recv",  # recvfrom
        211: "send",  # sendmsg
        212: "recv",  # recvmsg
        242: "accept",  # accept4
    },
}.get(os.uname().machine, {})
FUTEX = {"x86_64": 202, "aarch64": 98}.get(os.uname().machine)  # what locks, and joins of threads, sleep in
WAITS = {"x86_64": {61, 247}, "aarch64": {260, 95}}.get(os.uname().machine, set())  # wait4, waitid
DESCENDANTS = 1  # Yama's ptrace_scope that lets descendants be traced, and so looked at
DEAD = ["-1", "0x0", "0x0"]  # a zombie has no stack
TIMEOUT = 4  # where the timeout of futex(2) stands in the line; the number is 0


def known():
    """Whether this machine tells of the calls of programs, and by numbers that are known here."""
    return bool(CALLS) and os.path.exists("/proc/self/syscall") and tracing() <= DESCENDANTS


def tracing():
    """Yama's ptrace_scope, or 0 where there is no Yama."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return 0


def sleeping(pid, descriptors):
    """The calls that the threads of a process sleep in, (inode, call) each, and whether one of them is free.

    `descriptors` are those of its sockets, with their inodes. A thread is free that may go on without any
    socket and without another thread or process of its program: it runs, sleeps for a time, waits for input.
    So is one that lets nobody look.
    """
    found, free = [], False
    for line in lines(pid):
        number = int(line[0]) if line[0].isdigit() else None  # else `running`, `unseen`, or -1: in no call
        inode = descriptors.get(str(int(line[1], 16) & 0xFFFFFFFF)) if number in CALLS else None
        if inode is not None:
            found.append((inode, CALLS[number]))
        elif number not in WAITS and not (number == FUTEX and int(line[TIMEOUT], 16) == 0):
            free = True
    return found, free


def lines(pid):
    """What is told of each thread, in words; nothing of those that are gone, or zombies."""
    folder = "/proc/" + pid + "/task/"
    try:
        threads = os.listdir(folder)
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        try:
            with open(folder + thread + "/syscall", encoding="ascii") as file:
                words = file.read().split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            words = ["unseen"]
        if words and words != DEAD:
            yield words
