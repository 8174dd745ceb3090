import pytest
import yaml
from pydantic import ValidationError

from lab.checks import KINDS, PARAMS


def model(kind: str, params: str):
    return PARAMS[kind].model_validate(yaml.safe_load(params))


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("tcp.handshake", "{complete: 0}"),
        ("tcp.handshake", "{at_most: 3}"),
        ("tcp.handshake", "{half_open: 0}"),
        ("tcp.handshake", "{complete: 0, half_open: 0}"),
        ("tcp.connections", "{count: 0}"),
        ("tcp.retransmissions", "{at_most: 0}"),
        ("tcp.close", "{kind: rst, count: 0}"),
        ("tcp.close", "{kind: rst, at_most: 1}"),
        ("tcp.payload", "{sent_by: server, text: x, count: 0}"),
        ("tcp.overlap", "{at_most: 1}"),
        ("udp.datagrams", "{count: 0}"),
        ("icmp", "{at_least: 0}"),
        ("arp", "{count: 0}"),
        ("dns", "{count: 0}"),
        ("packets", "{filter: tcp, count: 0}"),
        ("none", "{connection: {}}"),
        ("output", "{program: a, line: x, count: 0}"),
        ("file", "{host: a, path: x, exists: false}"),
        ("socket", "{host: a, count: 0}"),
        ("process", "{host: a, count: 0}"),
    ],
)
def test_what_would_hold_if_nothing_had_happened(kind: str, params: str):
    assert model(kind, params).asserts_absence


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("tcp.handshake", "{}"),
        ("tcp.handshake", "{complete: 1}"),
        ("tcp.handshake", "{half_open: 1}"),
        ("tcp.handshake", "{complete: 0, half_open: 1}"),
        ("tcp.handshake", "{complete: 1, half_open: 0}"),
        ("tcp.close", "{}"),
        ("tcp.close", "{kind: rst, count: 1}"),
        ("tcp.payload", "{sent_by: server, text: x}"),
        ("tcp.overlap", "{}"),
        ("icmp", "{at_least: 1, at_most: 2}"),
        ("output", "{program: a, lines: [x]}"),
        ("exit", "{program: a, running: true}"),
        ("file", "{host: a, path: x}"),
        ("order", "{first: {started: a}, then: {started: b}}"),
    ],
)
def test_what_needs_something_to_have_happened(kind: str, params: str):
    assert not model(kind, params).asserts_absence


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("udp.datagrams", "{count: 1, at_least: 1}"),
        ("tcp.handshake", "{complete: 1, at_most: 1}"),
        ("udp.datagrams", "{at_least: 3, at_most: 2}"),
        ("udp.datagrams", "{count: -1}"),
        ("udp.datagrams", "{count: true}"),
        ("udp.datagrams", "{cuont: 1}"),
        ("udp.datagrams", "{to: {}}"),
        ("udp.datagrams", "{to: {host: a, address: 10.0.0.1}}"),
        ("udp.datagrams", "{to: {address: 10.0.0}}"),
        ("udp.datagrams", "{to: {host: a, port: 0}}"),
        ("udp.datagrams", "{match: '('}"),
        ("udp.datagrams", "{hex: abc}"),
        ("udp.datagrams", "{hex: ab, encoding: gbk}"),
        ("icmp", "{to: {}}"),
        ("icmp", "{to: {host: a, address: 10.0.0.1}}"),
        ("icmp", "{type: pong}"),
    ],
)
def test_refused_parameters(kind: str, params: str):
    with pytest.raises(ValidationError):
        model(kind, params)


def test_addresses_are_compared_in_their_canonical_form():
    assert model("icmp", "{to: {address: 'FD77:4:0::B'}}").to.address == "fd77:4::b"


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_can_be_described_as_json_schema(kind: str):
    assert PARAMS[kind].model_json_schema()["type"] == "object"
