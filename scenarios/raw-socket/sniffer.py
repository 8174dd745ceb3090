"""Prints every UDP datagram to a port that comes to this machine, frame and all.  python3 sniffer.py PORT"""

import socket
import struct
import sys

ALL_PROTOCOLS = 3  # ETH_P_ALL
IPV4, UDP = 0x0800, 17


def look(frame, port):
    """Print a frame if an IPv4 UDP datagram to the port is in it."""
    to_mac, from_mac, ethertype = struct.unpack("!6s6sH", frame[:14])
    packet = frame[14:]
    if ethertype != IPV4 or packet[9] != UDP:
        return
    from_ip, to_ip = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    datagram = packet[(packet[0] & 15) * 4 :]
    _, to_port, length, checksum = struct.unpack("!4H", datagram[:8])
    if to_port == port:
        print(f"Ethernet {from_mac.hex(':')} > {to_mac.hex(':')}")
        print(f"    IPv4 {from_ip} > {to_ip}, UDP to port {to_port}, checksum {checksum:#06x}")
        print("    " + datagram[8:length].decode())


def main():
    port = int(sys.argv[1])
    try:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    except PermissionError as error:
        sys.exit(f"socket(): {error!r}")
    with wire:
        print("looking")
        while True:
            look(wire.recv(65535), port)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
