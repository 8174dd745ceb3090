"""What checks are worth: partial credit where there are parts, bonus apart from full marks, and a maximum."""

from __future__ import annotations

from lab.reading.faults import Faults
from lab.reading.shape import Parts
from lab.text import say


def check_points(parts: Parts, faults: Faults) -> None:
    """`partial` stands where parts are counted, full marks take no bonus, and an exercise has marks to give."""
    for name, check in parts.checks.items():
        if check.partial and name in parts.sound and check.params.most_shares == 1:
            what = say(
                "no part of it can be had: it must count, and want two or more, as in `count: 2` or `at_least: 3`",
                "它没有可以部分得分的内容：必须是计数的检查，并且要求两个以上，例如 `count: 2` 或 `at_least: 3`",
            )
            faults.at_value(("checks", name, "partial"), what)
        for index, need in enumerate(() if check.bonus else check.needs):
            if need in parts.checks and parts.checks[need].bonus:
                what = say(
                    "`{need}` is a bonus, and `{name}` is not: full marks must be possible without any bonus",
                    "`{need}` 是附加分，而 `{name}` 不是：不拿任何附加分也应当能得满分",
                    need=need,
                    name=name,
                )
                faults.at_value(("checks", name, "needs", index), what)
    _check_maximum(parts, faults)


def _check_maximum(parts: Parts, faults: Faults) -> None:
    """Some check of an exercise gives points that are no bonus; of what is at fault nothing is said."""
    if parts.exercise is None or parts.declared.get("check") is None or parts.declared["check"] - parts.checks.keys():
        return
    if not any(check.points and not check.bonus for check in parts.checks.values()):
        what = say(
            "nothing can be earned: no check gives points that are no bonus",
            "无法得分：没有任何检查给出附加分以外的分数",
        )
        faults.at_key(("exercise",), what)
