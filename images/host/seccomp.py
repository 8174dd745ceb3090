"""System calls that programs may not make, on top of the engine's own filter: seccomp(2), classic BPF.

A network program needs none of them; each has been a way out of containers, or lasts beyond the program. What is
refused fails as where the kernel does not have it, or does not allow it. Raw and packet sockets are left to
capabilities, ptrace(2) to the kernel's own rules: strace(1) traces what it starts.
"""

import ctypes
import errno
import os
import struct

PR_SET_SECCOMP = 22  # include/uapi/linux/prctl.h
SECCOMP_MODE_FILTER = 2  # include/uapi/linux/seccomp.h
ALLOW = 0x7FFF0000  # SECCOMP_RET_ALLOW
ERRNO = 0x00050000  # SECCOMP_RET_ERRNO, with the errno in its lower half
LOAD, EQUALS, AT_LEAST, ANY_OF, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # include/uapi/linux/filter.h, bpf_common.h
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; an argument has eight bytes
X32 = 0x40000000  # arch/x86/include/uapi/asm/unistd.h: calls of the x32 ABI
CLONE_NEW = 0x7E020000  # include/uapi/linux/sched.h: new namespaces, all that clone(2) can make
UNIX, INET, INET6, NETLINK, PACKET = 1, 2, 10, 16, 17  # include/linux/socket.h: address families
FREELY = (  # level and name of the options with which a socket may have an address that is not its host's
    (0, 15),  # SOL_IP, IP_FREEBIND: include/uapi/linux/in.h
    (41, 78),  # SOL_IPV6, IPV6_FREEBIND: include/uapi/linux/in6.h
)
NETLINK_ROUTE, NETLINK_SOCK_DIAG = 0, 4  # include/uapi/linux/netlink.h: what ip(8) and ss(8) ask
EVERYWHERE = {  # calls that are as old as both architectures' common numbers, which begin at 424
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "open_tree_attr": 467,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
CLONE3 = 435  # its flags lie in memory, where no filter sees them: the C library falls back to clone(2)
MACHINES = {  # arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
    "x86_64": {
        "architecture": 0xC000003E,  # AUDIT_ARCH_X86_64, include/uapi/linux/audit.h
        "socket": 41,
        "setsockopt": 54,
        "clone": 56,
        "denied": {
            "syslog": 103,
            "pivot_root": 155,
            "chroot": 161,
            "acct": 163,
            "settimeofday": 164,
            "mount": 165,
            "umount2": 166,
            "swapon": 167,
            "swapoff": 168,
            "reboot": 169,
            "sethostname": 170,
            "setdomainname": 171,
            "iopl": 172,
            "ioperm": 173,
            "init_module": 175,
            "delete_module": 176,
            "quotactl": 179,
            "clock_settime": 227,
            "kexec_load": 246,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "fanotify_init": 300,
            "name_to_handle_at": 303,
            "open_by_handle_at": 304,
            "setns": 308,
            "finit_module": 313,
            "kexec_file_load": 320,
            "bpf": 321,
            "userfaultfd": 323,
        },
    },
    "aarch64": {
        "architecture": 0xC00000B7,  # AUDIT_ARCH_AARCH64
        "socket": 198,
        "setsockopt": 208,
        "clone": 220,
        "denied": {
            "umount2": 39,
            "mount": 40,
            "pivot_root": 41,
            "chroot": 51,
            "quotactl": 60,
            "acct": 89,
            "unshare": 97,
            "kexec_load": 104,
            "init_module": 105,
            "delete_module": 106,
            "clock_settime": 112,
            "syslog": 116,
            "reboot": 142,
            "sethostname": 161,
            "setdomainname": 162,
            "settimeofday": 170,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "swapon": 224,
            "swapoff": 225,
            "perf_event_open": 241,
            "fanotify_init": 262,
            "name_to_handle_at": 264,
            "open_by_handle_at": 265,
            "setns": 268,
            "finit_module": 273,
            "bpf": 280,
            "userfaultfd": 282,
            "kexec_file_load": 294,
        },
    },
}


def program(machine):
    """The filter for a machine (uname -m) as instructions (code, value, jump if true, jump if false); or None."""
    numbers = MACHINES.get(machine)
    if numbers is None:
        return None
    denied = sorted([*EVERYWHERE.values(), *numbers["denied"].values()])
    return [
        (LOAD, ARCHITECTURE, 0, 0),
        (EQUALS, numbers["architecture"], 1, 0),
        (RETURN, ERRNO | errno.ENOSYS, 0, 0),
        (LOAD, NUMBER, 0, 0),
        *when(AT_LEAST, X32, [(RETURN, ERRNO | errno.ENOSYS, 0, 0)]),
        *when(EQUALS, CLONE3, [(RETURN, ERRNO | errno.ENOSYS, 0, 0)]),
        *[step for number in denied for step in when(EQUALS, number, [(RETURN, ERRNO | errno.EPERM, 0, 0)])],
        *when(EQUALS, numbers["clone"], of_clone()),
        *when(EQUALS, numbers["socket"], of_socket()),
        *when(EQUALS, numbers["setsockopt"], of_setsockopt()),
        (RETURN, ALLOW, 0, 0),
    ]


def when(test, value, then):
    """Do `then`, which ends in a return, where the test holds of what was loaded; else go on."""
    return [(test, value, 0, len(then)), *then]


def of_clone():
    """clone(2) may make threads and processes, no namespaces."""
    return [
        (LOAD, ARGUMENTS, 0, 0),
        *when(ANY_OF, CLONE_NEW, [(RETURN, ERRNO | errno.EPERM, 0, 0)]),
        (RETURN, ALLOW, 0, 0),
    ]


def of_socket():
    """socket(2) of the families that the lab's networks speak, and of the netlink that tells of them."""
    return [
        (LOAD, ARGUMENTS, 0, 0),
        *[step for family in (UNIX, INET, INET6, PACKET) for step in when(EQUALS, family, [(RETURN, ALLOW, 0, 0)])],
        (EQUALS, NETLINK, 1, 0),
        (RETURN, ERRNO | errno.EAFNOSUPPORT, 0, 0),
        (LOAD, ARGUMENTS + 16, 0, 0),
        *[step for one in (NETLINK_ROUTE, NETLINK_SOCK_DIAG) for step in when(EQUALS, one, [(RETURN, ALLOW, 0, 0)])],
        (RETURN, ERRNO | errno.EPROTONOSUPPORT, 0, 0),
    ]


def of_setsockopt():
    """setsockopt(2) lets no socket speak from the address of another host."""
    refused = (RETURN, ERRNO | errno.EPERM, 0, 0)
    steps = []
    for level, name in FREELY:
        of_name = [(LOAD, ARGUMENTS + 8, 0, 0), *when(EQUALS, level, [refused]), (RETURN, ALLOW, 0, 0)]
        steps += [(LOAD, ARGUMENTS + 16, 0, 0), *when(EQUALS, name, of_name)]
    return [*steps, (RETURN, ALLOW, 0, 0)]


def assembled(instructions):
    """The instructions as the kernel reads them: struct sock_filter, in the machine's byte order."""
    return b"".join(struct.pack("=HBBI", code, true, false, value) for code, value, true, false in instructions)


class Filter:
    """The filter of this machine, made once; `apply` is for a child right before its exec."""

    def __init__(self):
        instructions = program(os.uname().machine)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.known = instructions is not None
        if self.known:
            self.code = ctypes.create_string_buffer(assembled(instructions))
            self.head = ctypes.create_string_buffer(struct.pack("@HP", len(instructions), ctypes.addressof(self.code)))

    def apply(self):
        """Filter this thread's calls from now on, and those of all that it starts; it has no new privileges already."""
        if self.known and self.libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, self.head, 0, 0):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
