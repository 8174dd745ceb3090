"""The most that a host may send, held by the kernel: what goes beyond reaches neither a network nor the capture.

A chain for each host hooks on what comes in at its ports, before the bridge does, whatever the load of the machine. Its
rules count what they drop as well: after the first packet that is too much nothing passes, however small.

libnftables(3) takes a fifth of a millisecond for a host, a process of nft(8) five and more.
"""

import ctypes
import socket

LIBRARY = "libnftables.so.1"
NETLINK_NETFILTER = 12
WRAP = 0xFFFFFFFF  # packets after which the count of numgen begins anew
CHAIN = """\
add table netdev traffic
add chain netdev traffic {chain} {{ type filter hook ingress devices = {{ {ports} }} priority 0; }}
add rule netdev traffic {chain} quota over {size} bytes drop
add rule netdev traffic {chain} numgen inc mod {wrap} >= {packets} drop
"""


class Caps:
    """The caps of the network namespace that it was made in; none where its kernel or this image has no nftables."""

    def __init__(self):
        self.library = loaded() if has_netfilter() else None
        if self.library is not None:
            self.context = self.library.nft_ctx_new(0)
            self.library.nft_ctx_buffer_error(self.context)  # or else it would write to stderr

    def put(self, ports, size, packets):
        """Let all that comes in at these ports be `size` bytes and so many packets at most; whether that is so now.

        The bytes are those of packets, the headers of their frames apart.
        """
        if self.library is None or not ports:
            return False
        names = ", ".join(f'"{port}"' for port in ports)
        chain = ports[0].partition(".")[0]
        commands = CHAIN.format(chain=chain, ports=names, size=size, packets=packets, wrap=WRAP)
        return self.library.nft_run_cmd_from_buffer(self.context, commands.encode()) == 0


def has_netfilter():
    """Whether this kernel has netfilter's sockets: where it has none, libnftables ends the process."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER).close()
    except OSError:
        return False
    return True


def loaded():
    """The library with the types of what is called; None where there is none."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return None
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    library.nft_ctx_buffer_error.argtypes = [ctypes.c_void_p]
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    return library
