"""The kernel's socket table of this host, and conditions on it.

Read over netlink (sock_diag(7)): /proc/net/tcp says the same and costs a hundred times as much, since the kernel goes
through the connections of the whole machine for it, twice. A socket's holder is found by its inode among the
descriptors of the processes of a program's session, and where asked for, the system call in which a thread of its
holder sleeps on it.
"""

import os
import socket

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
TIMERS = {1: "retransmission", 2: "keep-alive", 3: "time-wait", 4: "zero-window-probe"}  # net/ipv4/inet_diag.c
MAPPED = bytes(10) + b"\xff\xff"  # RFC 4291, 2.5.5.2
EVERY = {*STATES.values()}
CONNECTED = {"ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK"}  # closing ones were open
AT_REST = {"LISTEN", "ESTABLISHED", "TIME-WAIT", "CLOSED", "UNCONN"}
PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}


def table(sessions):
    """Every TCP and UDP socket, and the programs that are free; `sessions` maps session ids to names of programs.

    A program is free if one of its threads may go on without any socket (`calls.sleeping`). It is None
    instead of their names where the kernel does not tell, or in numbers that are not known here.
    """
    owners = inode_owners(sessions)
    found, free = inode_calls(sessions) if calls.known() else ({}, None)
    told = [each for transport in PROTOCOLS for each in rows(transport, EVERY)]
    for each in told:
        held(each, owners, found)
    return told, free


def rows(transport, states):
    """The sockets of a transport that are in one of those states, whosever they are."""
    asked = sum(1 << number for number, name in STATES.items() if name in states)
    return [row(transport, *fields) for fields in netlink.sockets(PROTOCOLS[transport], asked)]


def row(  # noqa: PLR0913, PLR0917 - what the kernel tells
    transport, family, state, timer, fired, local, remote, source, destination, expires, receive, send, _, inode
):
    """One socket; who holds it is not told here. A listener has connections in its queue, and the most it may have."""
    name = STATES[state]
    if transport == "udp" and name == "CLOSED":
        name = "UNCONN"
    return {
        "transport": transport,
        "state": name,
        "local": address(family, source),
        "local_port": int.from_bytes(local),
        "remote": address(family, destination),
        "remote_port": int.from_bytes(remote),
        "receive_queue": receive,
        "send_queue": 0 if name == "LISTEN" else send,
        "program": None,
        "call": None,
        "limit": send if name == "LISTEN" else None,
        "timer": {"which": TIMERS[timer], "seconds": expires / 1000, "fired": fired} if timer in TIMERS else None,
        "inode": inode,
    }


def address(family, packed):
    """An address in words; of IPv4-mapped ones the IPv4 address."""
    if family == socket.AF_INET:
        packed = packed[:4]
    elif packed.startswith(MAPPED):
        family, packed = socket.AF_INET, packed[12:]
    return socket.inet_ntop(family, packed)


def held(row, owners, sleeping):
    """Add to a row by the inode, which is of no use afterwards, what program holds it and the call on it."""
    inode = row.pop("inode")
    row["program"], row["call"] = owners.get(inode), sleeping.get(inode)


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
                found[descriptor] = int(target[8:-1])
    except OSError:
        pass
    return found


def waits(row):
    """Whether a socket has bytes that are not acknowledged, or not read."""
    return row["send_queue"] > 0 or row["receive_queue"] > 0


def matching(want, program, sessions):
    """The sockets that meet a condition now; a condition that is met without any gives True.

    Conditions: {"listening": "tcp"|"udp", "port": n}, {"connected": "tcp"|"udp", "port": n} (n is
    the remote port), {"receiving": "tcp"|"udp", "port": n} (n is either port: a thread sleeps in recv(), and
    nothing lies unread or unacknowledged), all of sockets that `program` holds; {"quiet": true}: no connection is
    being opened or closed, nothing is on its way, and no stream has bytes that wait to be read (a datagram
    may wait for ever).

    Who waits looks often: only sockets in the right states are asked for, and their holders only where it is of use.
    """
    if "quiet" in want:
        return all(rests(each) for transport in PROTOCOLS for each in rows(transport, EVERY))
    (kind, transport), _ = want.items()
    sleeping = {}
    if kind == "receiving":  # first the threads, then what lies unread: what comes in between has woken them
        sleeping, _ = inode_calls(sessions)
        if "recv" not in sleeping.values():
            return []
    found = [each for each in rows(transport, asked(kind, transport)) if fits(each, kind, want["port"])]
    owners = inode_owners(sessions) if found else {}
    for each in found:
        held(each, owners, sleeping)
    return [each for each in found if each["program"] == program and (kind != "receiving" or each["call"] == "recv")]


def asked(kind, transport):
    """The states of the sockets that may meet a condition; an unconnected UDP socket is closed to the kernel."""
    if kind == "listening":
        return {"LISTEN" if transport == "tcp" else "CLOSED"}
    return CONNECTED if kind == "connected" else EVERY - {"LISTEN"}


def fits(row, kind, port):
    """Whether a socket in one of the states that are asked for meets a condition, whoever holds it."""
    if kind == "receiving":
        return not waits(row) and port in {row["local_port"], row["remote_port"]}
    return row["local_port" if kind == "listening" else "remote_port"] == port


def rests(row):
    """Whether a connection is neither being opened nor closed, and has nothing on its way or unread."""
    return row["state"] in AT_REST and (row["transport"] == "udp" or row["state"] == "LISTEN" or not waits(row))
