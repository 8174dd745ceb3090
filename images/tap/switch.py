"""The networks of a run: a bridge each in the tap's own namespace, a veth pair to every host.

Nothing else is in that namespace, no address and no route, so nothing inside can reach the engine
machine, the internet or another run, while broadcast and multicast work as on any switch.
"""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import time

SIOCGIFFLAGS = 0x8913
IFF_RUNNING = 0x40
SIOCETHTOOL = 0x8946
ETHTOOL_OFFLOADS = {  # include/uapi/linux/ethtool.h: commands that turn an offload off
    "tx checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}
QUIET = {  # of every host: no second of waiting before an address may be used, no chatter by itself
    "net.ipv6.conf.default.accept_dad": "0",
    "net.ipv6.conf.default.dad_transmits": "0",
    "net.ipv6.conf.default.accept_ra": "0",
    "net.ipv6.conf.default.router_solicitations": "0",
    "net.ipv6.conf.default.mldv2_unsolicited_report_interval": "1",
    "net.ipv6.mld_qrv": "1",
}
TO_ALL = ("224.0.0.0/4", "255.255.255.255/32")  # multicast, broadcast: no default route says where they go
FORWARDING = "3"  # include/uapi/linux/if_bridge.h: BR_STATE_FORWARDING
POLL = 0.001  # seconds between two looks at a link that is coming up
DEADLINE = 10.0  # seconds for it to be up
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def make(networks):
    """A bridge a network: name -> {"mtu": bytes}. It floods multicast and has no address of its own."""
    for setting in ("bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables"):
        write_sysctl("net/bridge/" + setting, "0")  # so that fragments pass as they are
    write_sysctl("net/ipv6/conf/default/disable_ipv6", "1")
    commands = []
    for name, network in networks.items():
        commands.append(f"link add {name} mtu {network['mtu']} type bridge mcast_snooping 0 forward_delay 0")
        commands.append(f"link set {name} up")
    ip(commands)


def plug(pid, interfaces, *, relayed=False):
    """Make the interfaces of the host whose first process is `pid`, not up yet; the ports they are plugged into.

    Where they are `relayed` a veth pair stands at either end of the wire, and nothing carries frames between the two.
    """
    with Namespace(pid):
        for key, value in QUIET.items():
            write_sysctl(key.replace(".", "/"), value)
    commands = []
    ports = ports_of(pid, interfaces)
    for port, interface in zip(ports, interfaces, strict=True):
        name, mtu = interface["name"], interface["mtu"]
        near = port
        if relayed:
            [(outer, near)] = relayed_through([port])
            commands += [f"link add {port} mtu {mtu} type veth peer name {outer} mtu {mtu}", f"link set {outer} up"]
        commands += [
            f"link add {near} mtu {mtu} type veth peer name {name} mtu {mtu} address {interface['mac']} netns {pid}",
            f"link set {near} up",
            f"link set {port} master {interface['network']} up",
        ]
    ip(commands)
    for pair in relayed_through(ports) if relayed else ():
        for name in pair:
            turn_offloads_off(name)
    return ports


def relayed_through(ports):
    """The two interfaces of the tap's through which the wire of each port passes: the switch's side, the host's."""
    return [("o" + port[1:], "i" + port[1:]) for port in ports]


def bring_up(pid, interfaces):
    """Let a host that was plugged in use its interfaces.

    The kernel finishes bringing a link up after `ip` has returned, and drops what is sent before.
    """
    commands = []
    for interface in interfaces:
        name = interface["name"]
        commands += [
            f"addr add {interface['ipv4']} brd + dev {name}",
            f"addr add {interface['ipv6']} dev {name} nodad",
            f"link set {name} up",
        ]
    if interfaces:
        commands += [f"route add {prefix} dev {interfaces[0]['name']}" for prefix in TO_ALL]
    with Namespace(pid):
        ip(commands)
        for interface in interfaces:
            turn_offloads_off(interface["name"])
            wait_until(interface["name"], is_running)
    for port in ports_of(pid, interfaces):
        wait_until(port, is_forwarding)


def ports_of(pid, interfaces):
    """The port of each interface of a host."""
    return [f"p{pid}.{number}" for number in range(len(interfaces))]


def wait_until(name, condition):
    """Wait until the interface `name` meets a condition."""
    deadline = time.monotonic() + DEADLINE
    while not condition(name):
        if time.monotonic() > deadline:
            raise OSError(f"{name} did not come up within {DEADLINE:.0f} s")
        time.sleep(POLL)


def is_running(name):
    """Whether an interface of the current network namespace can send and receive."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH22x", name.encode(), 0)
        return bool(struct.unpack("16sH22x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1] & IFF_RUNNING)


def is_forwarding(port):
    """Whether a bridge passes on what comes in at and goes out of a port."""
    with open(f"/sys/class/net/{port}/brport/state", encoding="ascii") as file:
        return file.read().strip() == FORWARDING


class Namespace:
    """The network namespace of a process, for the time of a `with`."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(there)
        finally:
            os.close(there)

    def __exit__(self, *_):
        enter(self.home)
        os.close(self.home)


def enter(descriptor):
    """Enter the network namespace of a descriptor: setns(2)."""
    if libc.setns(descriptor, CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, "setns: " + os.strerror(code))


def ip(commands):
    """Run several commands of iproute2 in one process."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, capture_output=True, check=True)


def write_sysctl(key, value):
    """A sysctl of the current network namespace; one that this kernel does not have is passed over."""
    try:
        with open("/proc/sys/" + key, "w", encoding="ascii") as file:
            file.write(value)
    except FileNotFoundError:
        pass


def turn_offloads_off(name):
    """Let the interface send what a wire would carry: true checksums, no super-segments (ethtool -K)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in ETHTOOL_OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("=II", command, 0), 8)
            request = struct.pack("16sP", name.encode(), ctypes.addressof(value))
            try:
                fcntl.ioctl(control, SIOCETHTOOL, request)
            except OSError:  # this kernel's veth has no such offload
                continue
