"""The kernel's socket table of this host, and conditions on it.

Read from /proc/net/{tcp,tcp6,udp,udp6} (proc_net(5)); a socket's holder is found by its inode
among the descriptors of the processes of a program's session, and where asked for, the system call
in which a thread of its holder sleeps on it. The length of a listener's queue is not in there: netlink tells it.
"""

import os
import socket
import struct

import calls
import netlink
import student

STATES = {  # include/net/tcp_states.h, by their RFC 9293 names
    1: "ESTABLISHED",
    2: "SYN-SENT",
    3: "SYN-RECEIVED",
    4: "FIN-WAIT-1",
    5: "FIN-WAIT-2",
    6: "TIME-WAIT",
    7: "CLOSED",
    8: "CLOSE-WAIT",
    9: "LAST-ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN-RECEIVED",
}
TIMERS = {1: "retransmission", 2: "keep-alive", 3: "time-wait", 4: "zero-window-probe"}  # net/ipv4/tcp_ipv4.c
CLOCK = os.sysconf("SC_CLK_TCK")  # in whose ticks the tables tell time
CONNECTED = {"ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK"}  # closing ones were open
AT_REST = {"LISTEN", "ESTABLISHED", "TIME-WAIT", "CLOSED", "UNCONN"}


def table(sessions):
    """Every TCP and UDP socket; `sessions` maps a session id to the name of its program."""
    return rows(inode_owners(sessions), {}, {})


def table_with_calls(sessions):
    """`table` with the calls that programs sleep in on sockets and the listeners' limits; and which programs are free.

    A program is free if one of its threads may go on without any socket (`calls.sleeping`). It is None
    instead of their names where the kernel does not tell, or in numbers that are not known here.
    """
    owners = inode_owners(sessions)
    found, free = inode_calls(sessions) if calls.known() else ({}, None)
    return rows(owners, found, netlink.limits() or {}), free


def rows(owners, sleeping, limits):
    """The rows of all tables, with the program, the call and the limit by the socket's inode."""
    found = []
    for transport in ("tcp", "udp"):
        for suffix in ("", "6"):
            try:
                with open("/proc/net/" + transport + suffix, encoding="ascii") as file:
                    lines = file.readlines()[1:]
            except FileNotFoundError:
                continue
            found += [row(transport, line.split(), owners, sleeping, limits) for line in lines]
    return found


def row(transport, fields, owners, sleeping, limits):
    """One line of a table of /proc/net."""
    local, local_port = endpoint(fields[1])
    remote, remote_port = endpoint(fields[2])
    send, receive = fields[4].split(":")
    state = STATES[int(fields[3], 16)]
    if transport == "udp" and state == "CLOSED":
        state = "UNCONN"
    return {
        "transport": transport,
        "state": state,
        "local": local,
        "local_port": local_port,
        "remote": remote,
        "remote_port": remote_port,
        "receive_queue": int(receive, 16),
        "send_queue": int(send, 16),
        "program": owners.get(fields[9]),
        "call": sleeping.get(fields[9]),
        "limit": limits.get(fields[9]),
        "timer": timer(fields),
    }


def timer(fields):
    """The kernel's timer of a TCP socket: which, the seconds until it fires, and how often it has fired in vain."""
    running, ticks = fields[5].split(":")
    which = TIMERS.get(int(running, 16))
    if which is None:
        return None
    again, probes = int(fields[6], 16), int(fields[8])
    fired = again if which == "retransmission" else probes
    return {"which": which, "seconds": int(ticks, 16) / CLOCK, "fired": fired}


def endpoint(text):
    """`0100007F:1F90` as ("127.0.0.1", 8080): words in the machine's byte order, IPv4-mapped ones as IPv4."""
    words, port = text.split(":")
    packed = b"".join(struct.pack("=I", int(words[i : i + 8], 16)) for i in range(0, len(words), 8))
    if packed.startswith(b"\0" * 10 + b"\xff\xff"):
        packed = packed[12:]
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, packed), int(port, 16)


def inode_owners(sessions):
    """Socket inode -> program, by the descriptors of the processes in the programs' sessions.

    /proc/PID/fd can only be read with the effective user of the process, which is taken on for it.
    """
    owners = {}
    with student.acting():
        for pid, name in processes(sessions):
            for inode in socket_inodes(pid).values():
                owners[inode] = name
    return owners


def inode_calls(sessions):
    """Socket inode -> the call that a thread sleeps in on it; and the programs that are free.

    /proc/PID/task/TID/syscall takes what tracing takes: the same user, and a descendant of ours.
    """
    found, free = {}, set()
    with student.acting():
        for pid, name in processes(sessions):
            slept, is_free = calls.sleeping(pid, socket_inodes(pid))
            for inode, call in slept:
                found[inode] = max(call, found.get(inode, ""))  # of several threads, who sends before who receives
            if is_free:
                free.add(name)
    return found, sorted(free)


def processes(sessions):
    """Every process in the session of a program: its id, and the program's name."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        name = sessions.get(session_of(int(pid)))
        if name is not None:
            yield pid, name


def session_of(pid):
    """The session of a process, or None if it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def socket_inodes(pid):
    """The sockets that a process holds, descriptor -> inode; none if it is gone or not the student's."""
    folder = "/proc/" + pid + "/fd"
    found = {}
    try:
        for descriptor in os.listdir(folder):
            target = os.readlink(folder + "/" + descriptor)
            if target.startswith("socket:["):
                found[descriptor] = target[8:-1]
    except OSError:
        pass
    return found


def waits(row):
    """Whether a socket has bytes that are not acknowledged, or not read."""
    return row["send_queue"] > 0 or row["receive_queue"] > 0


def matches(rows, want, program):
    """The rows that meet a condition; a condition that is met without any gives True.

    Conditions: {"listening": "tcp"|"udp", "port": n}, {"connected": "tcp"|"udp", "port": n} (n is
    the remote port), {"receiving": "tcp"|"udp", "port": n} (n is either port: a thread sleeps in recv(), and
    nothing lies unread or unacknowledged), all of sockets that `program` holds; {"quiet": true}: no connection is
    being opened or closed, nothing is on its way, and no stream has bytes that wait to be read (a datagram
    may wait for ever).
    """
    if "quiet" in want:
        return all(
            r["state"] in AT_REST and not (r["transport"] == "tcp" and r["state"] != "LISTEN" and waits(r))
            for r in rows
        )
    transport = want.get("listening") or want.get("connected") or want["receiving"]
    held = [r for r in rows if (r["transport"], r["program"]) == (transport, program)]
    if "listening" in want:
        return [r for r in held if r["state"] in {"LISTEN", "UNCONN"} and r["local_port"] == want["port"]]
    if "connected" in want:
        return [r for r in held if r["state"] in CONNECTED and r["remote_port"] == want["port"]]
    return [
        r for r in held if r["call"] == "recv" and not waits(r) and want["port"] in (r["local_port"], r["remote_port"])
    ]
