"""That one side sent a RST, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Counted, Ends
from lab.checks.wording import SIDES, Noun, Wanted, between, instead, qualified
from lab.conversations import Connection, Role, Segment
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, same, say

Why = Literal["refused", "aborted", "no-connection"]

WHYS: Mapping[Why, Text] = {
    "refused": say("refused", "拒绝连接"),
    "aborted": say("aborted", "中止连接"),
    "no-connection": say("no connection", "没有这个连接"),
}
RESETS = Noun("reset", "resets", "次复位")


class ResetParams(Ends, Counted):
    """A side sent a RST (RFC 9293, 3.5.2); of each connection the first of each side counts.

    `refused`: it answers a SYN, as nobody listens on the port. `aborted`: the side's own program gave the connection
    up: it closed the socket with unread data or with SO_LINGER of 0, or its process was killed so. It acknowledges
    (RST, ACK). `no-connection`: it answers a segment of a connection that the side does not know, or no longer: the
    program has closed the socket, the host was started anew, or the accept queue was full under
    `tcp_abort_on_overflow`. It has no ACK. `tcp.close` tells how connections ended, this check who sent a RST, also
    after both FINs. What the kernel sends when the lab stops a program after the last step does not count.
    """

    zh: ClassVar[str] = (
        "某一方发送了 RST（RFC 9293 第 3.5.2 节）；每条连接中每一方只计第一个。\n\n"
        "`refused`：它应答 SYN，因为没有程序监听该端口。`aborted`：该方自己的程序放弃了连接：关闭套接字时还有未读数据，"
        "或设置了 SO_LINGER 为 0，或进程在这种状态下被杀死；报文段带 ACK（RST, ACK）。"
        "`no-connection`：它应答的报文段属于该方不认识（或不再认识）的连接：程序已关闭套接字，主机重新启动过，"
        "或在 `tcp_abort_on_overflow` 下 accept 队列已满；报文段不带 ACK。"
        "`tcp.close` 说明连接如何结束；本检查说明谁发送了 RST，包括双方 FIN 之后的。"
        "最后一步之后实验室终止程序时内核发出的报文不算。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, by: server, why: refused, count: 1}"

    by: Annotated[Literal["client", "server"] | None, Field(description="who sent it"), Zh("谁发送")] = None
    why: Annotated[Why | None, Field(description="for what reason"), Zh("原因")] = None


def reset(run: RunFacts, params: ResetParams) -> Finding:
    """Count the RSTs."""
    candidates = run.selected(params)
    every = [(c, *each) for c in candidates for each in _resets(run, c)]
    fitting = [s for _, s, why in every if params.by in (None, s.sender) and params.why in (None, why)]
    names = run.clients(candidates)
    asked = [] if params.why is None else [WHYS[params.why]]
    asked += [] if params.by is None else [say("by {side}", "由{side}发送", side=SIDES[params.by])]
    which = qualified(asked)
    ends = between(params.from_, params.to)
    noun = Noun(RESETS.one, RESETS.more, f"{RESETS.zh}{which.zh}")
    return Wanted(params.bounds, noun, Text(ends.en + which.en, ends.zh)).finding(
        len(fitting),
        details=[
            say(
                "{client}: {side} sent RST at packet {n} ({why})",
                "{client}：{side}在第 {n} 包发送 RST（{why}）",
                client=same(names[c.index]),
                side=SIDES[s.sender],
                n=s.number,
                why=WHYS[why],
            )
            for c, s, why in every
        ]
        + instead(run, params, candidates),
        packets=[(s.number,) for s in fitting],
    )


def _resets(run: RunFacts, connection: Connection) -> Iterator[tuple[Segment, Why]]:
    """The first RST of each side within the exchange, and its reason."""
    opened: set[Role] = set()  # who sent a SYN
    done: set[Role] = set()
    for segment in segments(connection):
        flags = segment.flags.split()
        side = segment.sender
        if "SYN" in flags:
            opened.add(side)
        if "RST" not in flags or side in done or (run.over is not None and segment.time > run.over):
            continue
        done.add(side)
        if opened and side not in opened:
            yield segment, "refused"
        else:
            yield segment, "aborted" if "ACK" in flags else "no-connection"
