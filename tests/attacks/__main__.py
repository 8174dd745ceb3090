"""`make attacks`: the table of attacks and what each got; exit status 1 if one got what it should not.

`python -m tests.attacks NAME…` grades those alone whose names begin so; `--keep FOLDER` keeps all that came of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "docker"))  # for driving.py

from rich.text import Text as Line

from lab import doctor, images
from lab.dockerengine import connect
from lab.report.layout import Screen, console_on, show, table
from lab.text import Text, language_of_locale, say
from tests.attacks import judging
from tests.attacks.grading import Class, graded
from tests.attacks.table import ATTACKS, FULL, HONEST, Attack

LANGUAGE = language_of_locale()
HEADINGS = (
    say("attack", "攻击"),
    say("what it tries", "企图"),
    say("verdict", "结论"),
    say("score", "得分"),
    say("limits hit", "触及的限制"),
    say("leaks", "泄漏"),
)
VERDICTS = {"passed": say("passed", "通过"), "failed": say("failed", "未通过"), "error": say("error", "出错")}
STYLES = {"passed": "green", "failed": "yellow", "error": "magenta"}


def main() -> int:
    """Grade them and print the table."""
    parser = argparse.ArgumentParser(prog="make attacks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="01-fork-bomb, 25, …")
    parser.add_argument("--keep", type=Path, help="where all that comes of it goes")
    asked = parser.parse_args()
    chosen = [a for a in ATTACKS if not asked.names or a.key.startswith(tuple(asked.names))]
    doctor.ensure_images(connect(), images.names(), lambda _: None)
    with tempfile.TemporaryDirectory() as made:
        folder = (asked.keep or Path(made)).absolute()
        (folder / "class.json").unlink(missing_ok=True)
        return report(graded(folder, (*chosen, *HONEST)), chosen)


def report(found: Class, chosen: list[Attack]) -> int:
    """Print the table and what is not as it should be; the exit status."""
    console = console_on(sys.stdout)
    faults = {attack.key: judging.faults(found, attack) for attack in (*chosen, *HONEST)}
    whole = judging.of_the_class(found)
    rows = [
        [Line(_in(heading), style="bold") for heading in HEADINGS],
        *(_row(found, a, faults[a.key]) for a in chosen),
    ]
    show(console, Screen(lambda _: table(rows)))
    for key, wrong in faults.items():
        for fault in wrong:
            show(console, Line(f"✗ {key}  {fault}", style="red"))
    for fault in whole:
        show(console, Line(f"✗ {fault}", style="red"))
    right = sum(not wrong for wrong in faults.values())
    honest = sum(found.of(attack)["score"] == FULL for attack in HONEST)
    total = say(
        "{right} of {all} as they should be   {honest} of {among} honest ones among them with full marks   {n} leaks   {seconds} s",
        "{all} 份中 {right} 份符合预期   其中诚实的 {among} 份有 {honest} 份得满分   泄漏 {n} 处   {seconds} 秒",
        right=right, all=len(faults), honest=honest, among=len(HONEST), n=len(whole), seconds=round(found.seconds),
    )  # fmt: skip
    show(console, Line(_in(total), style="bold"))
    return int(right < len(faults) or bool(whole))


def _row(found: Class, attack: Attack, wrong: list[str]) -> list[Line]:
    told = found.of(attack)
    limits = ", ".join(limit["what"] for limit in told["limits_hit"])
    leaks = [fault for fault in wrong if fault.startswith(("ESCAPED", "a packet", "it spoke", "too much"))]
    return [
        Line(attack.key),
        Line(attack.tries[LANGUAGE == "zh"]),
        Line(_in(VERDICTS[told["verdict"]]), style=STYLES[told["verdict"]]),
        Line("–" if told["score"] is None else f"{told['score']:g}/{told['max']:g}"),
        Line(limits or "–"),
        Line(str(len(leaks)) if leaks else "–", style="red" if leaks else ""),
    ]


def _in(text: Text) -> str:
    return text.in_(LANGUAGE)


if __name__ == "__main__":
    sys.exit(main())
