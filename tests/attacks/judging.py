"""Whether a submission got what it must get, and whether what it tried shows anywhere."""

from __future__ import annotations

import csv
import io
import ipaddress
import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

from driving import frames_of, scenario

from lab.limits import MIB
from tests.attacks.building import EXERCISE
from tests.attacks.grading import Class
from tests.attacks.table import CHECKS, Attack

ESCAPED = re.compile('ESCAPED[^"<\\\\\n]*')
HARMLESS = re.compile(r"\x1b\[(?!2J|H)[0-9;?]*[A-Za-z]|\r|\n")  # what a progress display writes: colours, lines anew
LIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
ONLY_OWN = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.77.0.0/16",
            "fd77::/16",
            "fe80::/10",
            "ff00::/8",
            "::/128",
            "224.0.0.0/4",
            "0.0.0.0/32",
            "255.255.255.255/32",
        ),
    )
)
ETHERNET = 14  # bytes of a frame that are none of its packet
PACKETS = 1000  # that a host may send, a MiB of its traffic
MAY_SEND = scenario(EXERCISE).limits.traffic
FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def faults(graded: Class, attack: Attack) -> list[str]:
    """What is not as the table has it; nothing if all is."""
    return [*_marks(graded, attack), *_told(graded, attack), *_leaks(graded, attack)]


def failed(graded: Class, attack: Attack) -> set[str]:
    """The checks that it failed."""
    return {check["id"] for check in graded.of(attack)["checks"] if check["verdict"] == "failed"} & set(CHECKS)


def _marks(graded: Class, attack: Attack) -> Iterator[str]:
    told = graded.of(attack)
    if told["verdict"] != attack.verdict:
        yield f"verdict {told['verdict']}, not {attack.verdict} ({told['problem']})"
    if told["score"] != attack.score:
        yield f"score {told['score']}, not {attack.score}"
    if attack.failed is not None and failed(graded, attack) != attack.failed:
        yield f"failed {sorted(failed(graded, attack))}, not {sorted(attack.failed)}"
    hit = {limit["what"] for limit in told["limits_hit"]}
    if hit != attack.limits:
        yield f"limits {sorted(hit)}, not {sorted(attack.limits)}"
    if told["runs"] != 1:
        yield "it was run again: the lab took its doing for an error of its own"


def _told(graded: Class, attack: Attack) -> Iterator[str]:
    page = Page.of(graded.feedback(attack))
    for words in attack.says:
        if words not in page.text:
            yield f"the feedback does not say {words!r}"


def _leaks(graded: Class, attack: Attack) -> Iterator[str]:
    escaped = {
        found.strip() for text in (graded.bundle(attack), graded.feedback(attack)) for found in ESCAPED.findall(text)
    }
    yield from sorted(escaped)
    for text in attack.dark:
        if any(text in held for held in _texts(graded.out).values()):
            yield f"{text!r} of a secret file is in the results"
    yield from sorted(_strangers(graded, attack))
    yield from _beyond_the_cap(graded, attack)


def _beyond_the_cap(graded: Class, attack: Attack) -> Iterator[str]:
    """The hosts of which more came through than a host may send. What was sent and dropped reached nobody."""
    path = graded.out / "captures" / f"{graded.slug(attack)}.pcapng"
    sizes: dict[bytes, list[int]] = {}
    for frame in frames_of(path) if path.exists() else ():
        sizes.setdefault(frame.data[6:12], []).append(frame.length - ETHERNET)
    for host, sent in sizes.items():
        if sum(sent) > MAY_SEND * MIB or len(sent) > MAY_SEND * PACKETS:
            yield f"too much came through from {host.hex(':')}: {sum(sent)} bytes in {len(sent)} packets"


def _strangers(graded: Class, attack: Attack) -> set[str]:
    """What its capture shows that may not have been on the wire: other addresses than the run's, a faked sender."""
    path = graded.out / "captures" / f"{graded.slug(attack)}.pcapng"
    if not path.exists():
        return set()
    ends: set[bytes] = set()
    found = set()
    for frame in frames_of(path):
        if frame.packet is not None:
            ends |= {frame.packet[0], frame.packet[1]}
        if b"lab-attack-41" in frame.data:
            found.add("it spoke with the peer's address")
        if b"lab-attack-28" in frame.data:
            found.add("a file that it shipped was run on another host, or by root")
    for end in ends:
        address = ipaddress.ip_address(end)
        if not any(address in network for network in ONLY_OWN):
            found.add(f"a packet of or for {address}")
    return found


def of_the_class(graded: Class) -> list[str]:
    """What is wrong with the whole: what was heard, left, or came alive in a file or on the terminal."""
    return [
        *(f"heard: {what}" for what in graded.heard),
        *(f"left: {what}" for what in graded.left),
        *_live_on_terminals(graded),
        *(fault for path in _files(graded.out) for fault in live(path)),
        *_crossed(graded),
        *_slugs(graded),
    ]


def _slugs(graded: Class) -> Iterator[str]:
    """Names of the results' files that are more than letters, digits, `-`, `_` and `.`, or too long, or not alone."""
    slugs = [Path(told["bundle"]).stem for told in graded.documents["en"]["submissions"]]
    for slug in slugs:
        if not re.fullmatch(r"[^\W_][\w.-]{0,99}", slug):
            yield f"no name for a file: {slug!r}"
    if len({slug.casefold() for slug in slugs}) < len(slugs):
        yield "two submissions share the name of their files"


def _crossed(graded: Class) -> Iterator[str]:
    """What one run said that the capture of another holds."""
    marks = {number: f"lab-attack-{number}".encode() for number in (43, 44, 46)}
    for path in sorted((graded.out / "captures").glob("*.pcapng")):
        held = path.read_bytes()
        for number, mark in marks.items():
            if mark in held and not path.name.startswith(f"{number}-"):
                yield f"{path.name} holds what was said in the network of row {number}"


def _live_on_terminals(graded: Class) -> Iterator[str]:
    for terminal in graded.terminals:
        rest = HARMLESS.sub("", terminal)
        if found := LIVE.search(rest):
            yield f"on the terminal, alive: {rest[max(0, found.start() - 30) : found.end() + 30]!r}"


def live(path: Path) -> Iterator[str]:
    """What is alive in a file of the results."""
    if path.suffix == ".pcapng":
        return
    text = path.read_text(encoding="utf-8")
    found = LIVE.search(text.removeprefix("\ufeff")) if path.suffix not in {".json", ".jsonl"} else None
    if found:
        yield f"{path.name}: {found[0]!r} near {text[max(0, found.start() - 30) : found.end() + 10]!r}"
    yield from {".html": _html, ".csv": _csv, ".xml": _xml, ".json": _json, ".tap": _tap}.get(path.suffix, _plain)(
        path, text
    )


def _plain(_path: Path, _text: str) -> Iterator[str]:
    yield from ()


def _html(path: Path, text: str) -> Iterator[str]:
    for alive in Page.of(text).alive:
        yield f"{path.name}: {alive}"


def _csv(path: Path, text: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            if FORMULA.match(cell.lstrip(" ")) and not NUMBER.fullmatch(cell):
                yield f"{path.name}: a formula {cell!r}"


def _xml(path: Path, text: str) -> Iterator[str]:
    for element in ET.fromstring(text).iter():
        if "forged" in element.get("name", ""):
            yield f"{path.name}: a forged {element.tag}"


def _json(path: Path, text: str) -> Iterator[str]:
    json.loads(text)
    if LIVE.search(text.replace("\r\n", "\n")):
        yield f"{path.name}: control characters"


def _tap(path: Path, text: str) -> Iterator[str]:
    for line in text.splitlines():
        if re.match(r"(ok|not ok|Bail out!|#).*forged", line):
            yield f"{path.name}: a forged line {line!r}"


class Page(HTMLParser):
    """A page as a browser takes it: its text, and what in it would act."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.alive: list[str] = []
        self._inside = ""

    @classmethod
    def of(cls, text: str) -> Page:
        page = cls()
        page.feed(text)
        page.close()
        return page

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in {"iframe", "object", "embed", "base", "form"} or (tag == "img" and ("src", "x") in attrs):
            self.alive.append(f"a live <{tag}>")
        for name, value in attrs:
            target = (value or "").strip().lower()
            if name.startswith("on") or (
                name in {"href", "src"} and target.startswith(("javascript:", "http://198", "vbscript:"))
            ):
                self.alive.append(f"a live {name}={value!r} in <{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script" and ("alert(" in data or "lab-attack" in data):
            self.alive.append("a live script")
        if self._inside not in {"script", "style"}:
            self.pieces.append(data)


def _files(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*") if path.is_file())


@cache
def _texts(out: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in _files(out) if path.suffix != ".pcapng"}
