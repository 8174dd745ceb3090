"""Names that were looked up by DNS, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lab.conversations import Message
from lab.dns import Entry
from lab.explain.talk import Asked
from lab.report.wording import duration, plural
from lab.seen import Sentence
from lab.text import Text, join, same, say
from lab.visible import visible

RCODES = {
    "NXDOMAIN": say("there is no such name (NXDOMAIN)", "没有这个名字（NXDOMAIN）"),
    "SERVFAIL": say("the server failed (SERVFAIL)", "服务器出错（SERVFAIL）"),
    "REFUSED": say("the server refuses to answer (REFUSED)", "服务器拒绝回答（REFUSED）"),
}
TOLD = 40
"""Queries of an exchange that are told one by one."""


def looked_up(talk: Asked) -> Iterator[Sentence]:
    """Each query with the response of its id (RFC 1035, 4.1.1); no data is not the same as no name (RFC 2308, 2)."""
    queries = [each for each in talk.dns if not each.fields.get("response")]
    answered = {each.fields.get("id"): each for each in reversed(talk.dns) if each.fields.get("response")}
    for query in queries[:TOLD]:
        response = answered.get(query.fields.get("id"))
        if response is not None and response.number < query.number:
            response = None
        yield talk.sentence(
            say(
                "{who} asks {server} for {what}: {answer}",
                "{who} 向 {server} 查询 {what}：{answer}",
                who=talk.name("client"),
                server=talk.end("server"),
                what=_asked(query),
                answer=say("no answer", "没有应答") if response is None else _answer(query, response),
            ),
            (query.number,) if response is None else (query.number, response.number),
            query.time,
        )
    if queries[TOLD:]:
        rest = queries[TOLD:]
        yield talk.sentence(
            say(
                "then {n} not told one by one",
                "其后 {n}不再逐一叙述",
                n=plural(len(rest), "more query", "more queries", "次查询"),
            ),
            [each.number for each in rest],
            rest[0].time,
        )


def _asked(query: Message) -> Text:
    entries = cast("list[Entry]", query.fields.get("questions") or [])
    return join(say(", ", "、"), [same(visible(f"{each['name']} ({each['type']})")) for each in entries])


def _answer(query: Message, response: Message) -> Text:
    rcode = str(response.fields.get("rcode"))
    took = say(" (after {span})", "（用时 {span}）", span=duration(response.time - query.time))
    if rcode != "NOERROR":
        return RCODES.get(rcode, same(visible(rcode))) + took
    entries = cast("list[Entry]", response.fields.get("answers") or [])
    if not entries:
        return (
            say(
                "the name is there, but nothing of this type (RFC 2308, 2.2)",
                "有这个名字，但没有此类型的记录（RFC 2308，2.2）",
            )
            + took
        )
    return same(visible(", ".join(each["data"] for each in entries))) + took
