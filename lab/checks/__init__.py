"""The kinds of checks, each a model of its parameters and a pure function `(run, params) -> Finding`.

To add one: write the model and the function in the module of its subject, put them into `KINDS`, write
its tests, and run `python -m lab.reference` for its page.
"""

from __future__ import annotations

from collections.abc import Mapping

from lab.checks import (
    absence,
    bpf,
    deadlock,
    files,
    host,
    ip,
    multicast,
    order,
    others,
    ports,
    programs,
    tables,
    tcp,
    tcp_again,
    tcp_close,
    tcp_data,
    tcp_reset,
    tcp_window,
    udp,
)
from lab.checks.kind import Kind
from lab.checks.parameters import Params

KINDS: Mapping[str, Kind] = {
    "tcp.handshake": Kind(tcp.HandshakeParams, tcp.handshake),
    "tcp.connections": Kind(tcp.ConnectionsParams, tcp.connections),
    "tcp.close": Kind(tcp_close.CloseParams, tcp_close.close),
    "tcp.overlap": Kind(tcp_data.OverlapParams, tcp_data.overlap),
    "tcp.payload": Kind(tcp_data.PayloadParams, tcp_data.payload),
    "tcp.reset": Kind(tcp_reset.ResetParams, tcp_reset.reset),
    "tcp.retransmissions": Kind(tcp_again.RetransmissionsParams, tcp_again.retransmissions),
    "tcp.zero-window": Kind(tcp_window.ZeroWindowParams, tcp_window.zero_window),
    "tcp.deadlock": Kind(deadlock.DeadlockParams, deadlock.deadlock),
    "udp.datagrams": Kind(udp.DatagramsParams, udp.datagrams),
    "ports": Kind(ports.PortsParams, ports.ports),
    "multicast": Kind(multicast.MulticastParams, multicast.multicast),
    "icmp": Kind(others.IcmpParams, others.icmp),
    "arp": Kind(others.ArpParams, others.arp),
    "dns": Kind(others.DnsParams, others.dns),
    "checksum": Kind(ip.ChecksumParams, ip.checksum),
    "fragments": Kind(ip.FragmentsParams, ip.fragments),
    "packets": Kind(bpf.PacketsParams, bpf.packets),
    "none": Kind(absence.NoneParams, absence.none),
    "output": Kind(programs.OutputParams, programs.output, reads_packets=False),
    "exit": Kind(programs.ExitParams, programs.exit_, reads_packets=False),
    "file": Kind(files.FileParams, files.file, reads_packets=False),
    "socket": Kind(host.SocketParams, host.socket, reads_packets=False),
    "process": Kind(host.ProcessParams, host.process, reads_packets=False),
    "neighbour": Kind(tables.NeighbourParams, tables.neighbour, reads_packets=False),
    "route": Kind(tables.RouteParams, tables.route, reads_packets=False),
    "group": Kind(tables.GroupParams, tables.group, reads_packets=False),
    "counter": Kind(tables.CounterParams, tables.counter, reads_packets=False),
    "order": Kind(order.OrderParams, order.order),
}
PARAMS: Mapping[str, type[Params]] = {name: kind.params for name, kind in KINDS.items()}

__all__ = ["KINDS", "PARAMS", "Kind"]
