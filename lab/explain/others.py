"""What is in no conversation: addresses that were resolved or not, ping, and ICMP errors about nothing seen here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.conversations import Message
from lab.explain.talk import name_of
from lab.messages import ECHO, ECHO_REPLY, quoted
from lab.report.wording import duration, plural
from lab.seen import Seen, Sentence
from lab.text import say
from lab.visible import visible

ARP_REQUEST, ARP_REPLY = 1, 2
SOLICITATION, ADVERTISEMENT = 135, 136
ECHO6, ECHO_REPLY6 = 128, 129
NOWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - the source of probes for a duplicate address


@dataclass(slots=True)
class _Question:
    """Somebody's questions for the link address of a target, and whether it answered."""

    requests: list[Message] = field(default_factory=list)
    reply: Message | None = None


def resolved(seen: Seen) -> Iterator[Sentence]:
    """Who asked for whose link address (ARP, RFC 826; neighbour discovery, RFC 4861, 7.2).

    Where nobody answers no packet can be sent: connect() and sendto() fail with EHOSTUNREACH after about 3 s (arp(7)).
    """
    for (asker, target), question in _questions(seen).items():
        first, reply = question.requests[0], question.reply
        who, whom = name_of(seen, asker), name_of(seen, target)
        if reply is not None:
            text = say(
                "{who} asks for the link address of {whom} and learns it after {span} ({protocol})",
                "{who} 查询 {whom} 的链路地址，{span} 后得到（{protocol}）",
                who=who,
                whom=whom,
                span=duration(reply.time - question.requests[-1].time),
                protocol=_protocol(first),
            )
            numbers = [question.requests[-1].number, reply.number]
        else:
            text = say(
                "{who} asks {n} for the link address of {whom}, and nobody answers: connect() and sendto() to it fail "
                "with EHOSTUNREACH ({protocol})",
                "{who} {n}查询 {whom} 的链路地址，没有人应答：对它 connect() 和 sendto() 会以 EHOSTUNREACH 失败"
                "（{protocol}）",
                who=who,
                whom=whom,
                n=plural(len(question.requests), "time", "times", "次"),
                protocol=_protocol(first),
            )
            numbers = [each.number for each in question.requests]
        yield Sentence(text, tuple(numbers), (), None, first.time)


def pinged(seen: Seen) -> Iterator[Sentence]:
    """Echo requests and their replies by identifier and sequence number (RFC 792; RFC 4443, 4)."""
    requests: dict[tuple[str, str, object], list[Message]] = defaultdict(list)
    replies: dict[tuple[str, str, object, object], Message] = {}
    for each in seen.conversations.messages:
        kind = each.fields.get("type")
        if (each.protocol, kind) in {("icmp", ECHO), ("icmpv6", ECHO6)}:
            requests[each.source, each.destination, each.fields.get("id")].append(each)
        elif (each.protocol, kind) in {("icmp", ECHO_REPLY), ("icmpv6", ECHO_REPLY6)}:
            replies.setdefault((each.destination, each.source, each.fields.get("id"), each.fields.get("seq")), each)
    for (source, destination, identifier), sent in requests.items():
        answers = [(each, replies.get((source, destination, identifier, each.fields.get("seq")))) for each in sent]
        trips = sorted(reply.time - each.time for each, reply in answers if reply is not None)
        text = say(
            "{who} pings {whom} {n}: {answers}",
            "{who} ping {whom} {n}：{answers}",
            who=name_of(seen, source),
            whom=name_of(seen, destination),
            n=plural(len(sent), "time", "times", "次"),
            answers=say("no answer; unknown: why", "没有应答；未知：原因")
            if not trips
            else say(
                "{n}, the quickest after {a}, the slowest after {b}" if len(trips) > 1 else "{n} after {b}",
                "{n}，最快 {a}，最慢 {b}" if len(trips) > 1 else "{n}，用时 {b}",
                n=plural(len(trips), "answer", "answers", "次应答"),
                a=duration(trips[0]),
                b=duration(trips[-1]),
            ),
        )
        numbers = [each.number for pair in answers for each in pair if each is not None]
        yield Sentence(text, tuple(sorted(numbers)), (), None, sent[0].time)


def errors(seen: Seen) -> Iterator[Sentence]:
    """ICMP errors that quote no packet of a conversation here: what they are about is in their own words (RFC 792)."""
    ends = {frozenset((each.client.endpoint, each.server.endpoint)) for each in seen.conversations.connections}
    ends |= {frozenset((each.client, each.server)) for each in seen.conversations.exchanges}
    for each in seen.conversations.messages:
        if "about" not in each.fields:
            continue
        about = quoted(each, "tcp") or quoted(each, "udp")
        if about is None or frozenset(about) not in ends:
            yield Sentence(
                say(
                    "{who} reports to {whom} with ICMP: {what}",
                    "{who} 以 ICMP 向 {whom} 报告：{what}",
                    who=name_of(seen, each.source),
                    whom=name_of(seen, each.destination),
                    what=visible(each.summary),
                ),
                (each.number,),
                (),
                None,
                each.time,
            )


def _questions(seen: Seen) -> dict[tuple[str, str], _Question]:
    found: dict[tuple[str, str], _Question] = {}
    for each in seen.conversations.messages:
        ask, answer = _asks(each), _answers(each)
        if ask is not None and ask[0] not in NOWHERE and ask[0] != ask[1]:
            question = found.setdefault(ask, _Question())
            if question.reply is None:
                question.requests.append(each)
        elif answer in found:
            question = found[answer]
            question.reply = question.reply or each
    return found


def _asks(message: Message) -> tuple[str, str] | None:
    """Who asks for whose address; None where the message asks for none."""
    fields = message.fields
    if message.protocol == "arp" and fields.get("opcode") == ARP_REQUEST:
        return str(fields.get("src_ip")), str(fields.get("dst_ip"))
    if message.protocol == "icmpv6" and fields.get("type") == SOLICITATION:
        return message.source, str(fields.get("target"))
    return None


def _answers(message: Message) -> tuple[str, str] | None:
    """Whom it answers, and about which address; None where it answers nobody."""
    fields = message.fields
    if message.protocol == "arp" and fields.get("opcode") == ARP_REPLY:
        return str(fields.get("dst_ip")), str(fields.get("src_ip"))
    if message.protocol == "icmpv6" and fields.get("type") == ADVERTISEMENT:
        return message.destination, str(fields.get("target"))
    return None


def _protocol(message: Message) -> str:
    return "ARP, RFC 826" if message.protocol == "arp" else "RFC 4861, 7.2"
