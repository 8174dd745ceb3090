"""What stands on the page besides what was found."""

from __future__ import annotations

from collections.abc import Mapping

from lab.text import Text, say

LABELS: Mapping[str, Text] = {
    "distribution": say("Distribution", "分数分布"),
    "axis": say("students, by their share of full marks", "各分数段的学生人数（占满分的比例）"),
    "median": say("median", "中位数"),
    "missed": say("Most missed", "最常未通过的检查"),
    "nobody": say("no check failed", "没有未通过的检查"),
    "alike": say("Alike", "相似的提交"),
    "look": say(
        "By the programs' structure, names and comments left out. Look at them; it proves nothing by itself.",
        "按程序结构比较，不计名称和注释。请人工查看；这本身不能证明什么。",
    ),
    "fallen": say("Lower than before", "分数降低"),
    "students": say("Students", "学生"),
    "student": say("student", "学生"),
    "score": say("score", "得分"),
    "verdict": say("verdict", "结论"),
    "what": say("what happened", "情况"),
    "files": say("files", "文件"),
    "feedback": say("feedback", "反馈"),
    "capture": say("capture", "抓包"),
    "bundle": say("bundle", "结果包"),
    "run": say("What was run", "运行环境"),
    "lab": say("lab", "实验室版本"),
    "definition": say("exercise (SHA-256)", "练习（SHA-256）"),
    "when": say("last graded", "最近评分"),
    "image": say("image", "镜像"),
}
