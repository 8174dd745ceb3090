"""What the screen of the assistant is made of: words, keys, colours, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.assistant.model import Kind, Mode
from lab.text import Text, same, say

MODES: Mapping[Mode, Text] = {
    Mode.SERVER: say("TCP server", "TCP 服务端"),
    Mode.CLIENT: say("TCP client", "TCP 客户端"),
    Mode.UDP: same("UDP"),
}
STYLES: Mapping[Kind, str] = {
    "received": "green",
    "sent": "blue",
    "note": "dim",
    "fault": "red",
    "program": "magenta",
    "typed": "magenta",
}
KEYS: Sequence[tuple[str, str, Text]] = (  # few letters: together they just fill the foot of 80 columns
    ("ctrl+r", "start_or_stop", say("Start", "启停")),
    ("ctrl+t", "hexadecimal", say("Hex", "进制")),
    ("ctrl+g", "encoding", say("Code", "编码")),
    ("ctrl+n", "ending", say("End", "行尾")),
    ("ctrl+p", "next_peer", say("Peer", "对方")),
    ("ctrl+o", "disconnect", say("Cut", "断开")),
    ("ctrl+l", "clear", say("Clear", "清空")),
    ("ctrl+s", "save", say("Save", "保存")),
    ("ctrl+y", "again", say("Again", "重启")),  # while there are programs to start again
    ("ctrl+q", "quit", say("Quit", "退出")),
)
LIGHT = ("f2", "brightness")  # has no place at the foot
CSS = """
#where, #how, #line { height: 1; }
#status { height: 1; background: $primary 30%; width: 100%; padding: 0 1; }
#where Label, #how Label, #line Label { padding: 0 1; }
#mode { width: 17; } #address { width: 1fr; } #port { width: 8; } #start { width: 12; }
#encoding { width: 13; } #shown { width: 14; } #ending { width: 14; }
#target { width: 1fr; } #broadcast { width: 17; }
#middle { height: 1fr; border-top: solid $primary; border-bottom: solid $primary; }
#log { width: 1fr; scrollbar-size-vertical: 1; }
#peers { width: 30%; max-width: 40; border: none; border-left: solid $primary; padding: 0; }
#typed { width: 1fr; }
#notice { width: 100%; color: $text-success; padding: 0 1; }
#notice.wrong { color: $text-error; }
Input:focus, Button:focus, Select:focus > SelectCurrent { background: $accent 40%; }
OptionList:focus, RichLog:focus { background: $accent 10%; }
.absent { display: none; }
"""
