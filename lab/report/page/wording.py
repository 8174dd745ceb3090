"""What stands on the page besides what was seen."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from lab.report.page.svg import element
from lab.text import Text, say

LABELS: Mapping[str, Text] = {
    "skip": say("to the content", "跳到正文"),
    "contents": say("contents", "目录"),
    "language": say("language", "语言"),
    "theme": say("theme", "主题"),
    "auto": say("as the system", "跟随系统"),
    "light": say("light", "浅色"),
    "dark": say("dark", "深色"),
    "checks": say("Checks", "检查"),
    "story": say("What happened", "经过"),
    "topology": say("Topology", "拓扑"),
    "topology_title": say("Networks and hosts", "网络与主机"),
    "timeline": say("Time line", "时间线"),
    "timeline_title": say("Programs and conversations over time", "程序与会话的时间线"),
    "timeline_key": say(
        "Programs: ● printed, ○ typed to it. Conversations: strokes up are packets of the client, down of the server, "
        "long ones carry data. Shaded: a wait, drawn shorter than it was.",
        "程序：● 打印，○ 输入。会话：向上为客户端的数据包，向下为服务端的，长线带有数据。阴影：等待，画得比实际短。",
    ),
    "events": say("Everything in the order of time: programs and packets", "按时间顺序的全部内容：程序与数据包"),
    "time": say("time (s)", "时间（秒）"),
    "said": say("programs: ← printed, → typed", "程序：← 打印，→ 输入"),
    "conversations": say("Conversations", "会话"),
    "conversation": say("conversation", "会话"),
    "all": say("all", "全部"),
    "previous": say("previous packet", "上一个数据包"),
    "next": say("next packet", "下一个数据包"),
    "play": say("play", "播放"),
    "pause": say("pause", "暂停"),
    "all_hex": say("hex", "十六进制"),
    "keys": say("← → step through the packets", "← → 逐个查看数据包"),
    "client": say("client", "客户端"),
    "server": say("server", "服务端"),
    "hex": say("hex", "十六进制"),
    "more_bytes": say("more bytes: ", "个字节未显示："),
    "sent": say("sent", "发出数据包"),
    "woken_by": say("woken by", "唤醒它的数据包"),
    "lost": say("lost: it never arrived", "丢失：未到达"),
    "plots": say("Plots", "曲线"),
    "plot_key": say(
        "● client, ○ server. Shaded: a wait, drawn shorter than it was.",
        "● 客户端，○ 服务端。阴影：等待，画得比实际短。",
    ),
    "rtt_key": say(
        "Times are those of the capture point between the hosts: a round trip is the way from there and back.",
        "时间取自两台主机之间的抓包点：往返时间是从该点出发再返回的时间。",
    ),
    "other_calls": say("Other system calls", "其他系统调用"),
    "hosts": say("Host state", "主机状态"),
    "capture": say("Capture", "抓包"),
    "download": say("download the capture", "下载抓包文件"),
    "beside": say("the file beside this page", "与本页同目录的文件"),
    "open": say("Open it in Wireshark, or look into it with:", "用 Wireshark 打开，或用以下命令查看："),
    "too_large": say("too large to be carried inside this page", "文件过大，未包含在本页中"),
    "about": say("What was run", "运行环境"),
    "expected": say("expected", "期望"),
    "actual": say("what happened", "实际"),
    "details": say("in detail", "细节"),
    "packets": say("packets", "数据包"),
    "hint": say("hint", "提示"),
    "points": say("points", "分"),
    "nothing": say("no packets", "没有数据包"),
    "calls": say("calls", "调用"),
    "interrupted": say("interrupted: nothing was judged", "已中断：未作判定"),
}


def _arrow(role: str, *, lost: bool) -> Markup:
    """An arrow across its room, whatever its width; one that is lost ends in a cross before the other rail."""
    if role == "client":
        start, end, head = "0", "74%" if lost else "100%", "M-9 2L-1 6L-9 10" if not lost else "M-4 2L4 10M4 2L-4 10"
    else:
        start, end, head = "100%", "26%" if lost else "0", "M9 2L1 6L9 10" if not lost else "M-4 2L4 10M4 2L-4 10"
    shaft = element("line", x1=start, x2=end, y1=6, y2=6)
    tip = element("svg", element("path", d=head), x=end, y=0, overflow="visible")
    return element("svg", element("g", shaft, tip), class_="arrow", height=12, aria_hidden="true", focusable="false")


ARROWS: Mapping[tuple[str, bool], Markup] = {
    (role, lost): _arrow(role, lost=lost) for role in ("client", "server") for lost in (False, True)
}
"""The arrow of a packet by who sent it and whether it is lost."""
