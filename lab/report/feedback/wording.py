"""What stands on the page besides what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from lab.graded import Graded
from lab.report.wording import plural
from lab.results import Verdict
from lab.text import Text, join, say

LABELS: Mapping[str, Text] = {
    "no_score": say("not graded", "未评分"),
    "problem": say("What happened", "发生了什么"),
    "limits": say("Limits hit", "达到的限制"),
    "stalled": say("How far it came", "进行到哪一步"),
    "notes": say("About the files", "关于提交的文件"),
    "clues": say("Where to look", "从哪里看起"),
    "checks": say("Checks", "检查"),
    "expected": say("expected", "期望"),
    "actual": say("what happened", "实际"),
    "details": say("in detail", "细节"),
    "packets": say("evidence", "依据"),
    "hint": say("hint", "提示"),
    "clue": say("clue", "线索"),
    "bonus": say("bonus", "加分"),
    "hidden": say("hidden: its outcome only is told", "隐藏：只公布结果"),
    "programs": say("Your programs", "你的程序"),
    "last": say("the last lines", "最后几行"),
    "capture": say("The packets", "数据包"),
    "download": say("download the capture", "下载抓包文件"),
    "look": say("Open it in Wireshark, or look into it with:", "用 Wireshark 打开，或用以下命令查看："),
    "about": say("About this grading", "关于本次评分"),
    "points": say("points", "分"),
    "excerpt": say("the packets, as a ladder", "数据包时序图"),
    "submission": say("submission", "提交"),
    "exercise": say("exercise", "练习"),
    "version": say("lab", "实验室"),
    "seed": say("seed", "种子"),
    "bytes": say("bytes", "字节"),
}


def told(graded: Graded) -> Text:
    """The whole in a sentence."""
    if graded.verdict is Verdict.ERROR:
        return say(
            "The lab could not grade this submission. That is no fault of yours, and it does not count.",
            "实验室无法为这份提交评分。这不是你的错，结果不计入成绩。",
        )
    if not graded.checks:
        return say("Nothing was run.", "没有运行任何程序。")
    counts = Counter(check.verdict for check in graded.checks)
    passed = plural(counts[Verdict.PASSED], "check passed", "checks passed", "项检查通过")
    parts = [passed]
    if counts[Verdict.FAILED]:
        parts.append(say("{n} failed", "{n} 项未通过", n=counts[Verdict.FAILED]))
    if counts[Verdict.SKIPPED]:
        parts.append(
            say(
                "{n} skipped: they need one that did not pass",
                "{n} 项被跳过（所依赖的检查未通过）",
                n=counts[Verdict.SKIPPED],
            )
        )
    told_of = join(say(", ", "，"), parts) + say(".", "。")
    if graded.runs > 1:
        told_of += say(
            " It was run a second time, since the lab failed in the first run.",
            "第一次运行时实验室出错，因此又运行了一次。",
        )
    return told_of
