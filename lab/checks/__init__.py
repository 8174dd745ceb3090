"""The kinds of checks, each a model of its parameters and a pure function `(run, params) -> Finding`."""

from __future__ import annotations

from collections.abc import Mapping

from lab.checks import absence, bpf, host, order, others, programs, tcp, tcp_close, tcp_data, udp
from lab.checks.parameters import Params

PARAMS: Mapping[str, type[Params]] = {
    "tcp.handshake": tcp.HandshakeParams,
    "tcp.connections": tcp.ConnectionsParams,
    "tcp.retransmissions": tcp.RetransmissionsParams,
    "tcp.close": tcp_close.CloseParams,
    "tcp.payload": tcp_data.PayloadParams,
    "tcp.overlap": tcp_data.OverlapParams,
    "udp.datagrams": udp.DatagramsParams,
    "icmp": others.IcmpParams,
    "arp": others.ArpParams,
    "dns": others.DnsParams,
    "packets": bpf.PacketsParams,
    "none": absence.NoneParams,
    "output": programs.OutputParams,
    "exit": programs.ExitParams,
    "file": host.FileParams,
    "socket": host.SocketParams,
    "process": host.ProcessParams,
    "order": order.OrderParams,
}
