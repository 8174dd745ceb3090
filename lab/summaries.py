"""What messages say in one line, in both languages: `Message.summary` with the terms of Chinese textbooks.

Addresses, names and numbers stay as they are; of DNS only the first word is the lab's own.
"""

from __future__ import annotations

import re

from lab.messages import MARKER
from lab.text import Text

TERMS = {
    # ARP
    "who has": "谁有", "tell": "请告诉", "is at": "位于", "operation": "操作",
    # ICMP, of both versions
    "destination unreachable": "目的不可达", "source quench": "源点抑制", "redirect": "重定向",
    "time exceeded": "超时", "parameter problem": "参数问题", "packet too big": "数据包过大",
    "echo request": "回显请求", "echo reply": "回显应答",
    "router advertisement": "路由器通告", "router solicitation": "路由器请求",
    "neighbour advertisement": "邻居通告", "neighbour solicitation": "邻居请求",
    "timestamp request": "时间戳请求", "timestamp reply": "时间戳应答",
    "address mask request": "地址掩码请求", "address mask reply": "地址掩码应答",
    "network": "网络", "host": "主机", "protocol": "协议", "port": "端口", "address": "地址",
    "fragmentation needed": "需要分片", "network prohibited": "禁止访问网络", "host prohibited": "禁止访问主机",
    "prohibited": "被禁止", "no route": "没有路由", "beyond scope": "超出范围", "source policy": "源地址策略",
    "reject route": "拒绝路由", "about": "涉及", "to": "到", "type": "类型", "code": "代码",
    # groups
    "multicast listener query": "组播监听者查询", "multicast listener report": "组播监听者报告",
    "multicast listener done": "组播监听者退出", "membership query": "成员查询", "membership report": "成员报告",
    "leave group": "离开组",
    # DNS
    "query": "查询", "response": "响应",
    # what has no protocol of its own here
    MARKER: "实验室标记", "fragment": "分片", "malformed": "格式错误", "no EtherType": "没有 EtherType",
    "IP protocol": "IP 协议", "no next header": "没有下一个头部", "discovery": "发现", "loopback": "环回",
    "slow protocols": "慢速协议",
}  # fmt: skip
_TERM = re.compile(
    r"(?<![\w.:-])(?:" + "|".join(sorted(map(re.escape, TERMS), key=len, reverse=True)) + r")(?![\w.:-])"
)


def told(protocol: str, summary: str) -> Text:
    """A summary of `lab.messages` in both languages."""
    count = 1 if protocol == "dns" else 0
    return Text(summary, _TERM.sub(lambda found: TERMS[found[0]], summary, count=count).replace("? ", "？"))
