from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from htmltree import HOSTILE, Tree

from lab.conversations import Connection, Conversations
from lab.record import CaptureStatistics, OutputLine, Record
from lab.report.page import page, save_page
from lab.report.page.page import EMBEDDED
from lab.results import Outcome
from lab.seen import Seen
from lab.text import Language, Text
from lab.trace.beside import Beside
from lab.trace.call import SocketCall

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_CHINESE = (
    "一个多线程服务端，三个客户端同时通信|"
    + "|".join(  # what was said, on the time line cut short too
        f"{text}|{text[:3]}…|{text[:2]}…|{text[:1]}…" for text in ("早上好", "数据处理中", "等待连接")
    )
)


@dataclass(frozen=True)
class Told:
    text: Text
    packets: Sequence[int] = ()
    calls: Sequence[int] = ()
    conversation: str | None = None


@pytest.fixture
def seen(conversations: Conversations, record: Record, failed: Outcome, tmp_path: Path) -> Seen:
    capture = tmp_path / "capture.pcapng"
    capture.write_bytes(b"a capture")
    return Seen(capture, conversations, record, failed)


def ids(tree: Tree) -> list[str]:
    return [value for _, attrs in tree.elements if (value := attrs.get("id")) is not None]


def test_every_element_is_closed_and_every_id_there_once(seen: Seen) -> None:
    twice = [name for name, count in Counter(ids(Tree(page(seen)))).items() if count > 1]
    assert twice == []


def test_every_link_within_the_page_has_its_end(seen: Seen) -> None:
    tree = Tree(page(seen, sentences=[Told(Text("It began.", "开始。"), (5, 6, 7))]))
    links = [href for attrs in tree.of("a") if (href := attrs.get("href") or "").startswith("#")]
    assert {href[1:] for href in links} <= {*ids(tree)}
    assert {"#p5", "#c1", "#cu1", "#checks", "#story"} <= {*links}


def test_labels_name_what_is_there(seen: Seen) -> None:
    tree = Tree(page(seen))
    named = [attrs["aria-labelledby"] for _, attrs in tree.elements if "aria-labelledby" in attrs]
    assert {*named} <= {*ids(tree)}
    assert all(
        svg.get("aria-hidden") or svg.get("role") in {"img", "group"} or "overflow" in svg for svg in tree.of("svg")
    )


def test_nothing_is_loaded_and_only_the_own_script_and_style_run(seen: Seen) -> None:
    text = page(seen)
    tree = Tree(text)
    policy = next(m["content"] for m in tree.of("meta") if m.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(inside) == len(tree.of(tag)) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for _, attrs in tree.elements:
        assert "src" not in attrs
        assert "style" not in attrs, "the policy would not let it have an effect"
        assert not any(name.startswith("on") for name in attrs)
        assert (attrs.get("href") or "#").startswith(("#", "data:application/octet-stream", "capture.pcapng"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_language_chosen_at_first(seen: Seen, language: Language) -> None:
    tree = Tree(page(seen, language))
    assert [attrs.get("id") for attrs in tree.of("input") if "checked" in attrs] == [language, "auto"]
    assert tree.of("html")[0]["lang"] == {"en": "en", "zh": "zh-CN"}[language]


def test_what_is_english_is_chinese_too(seen: Seen) -> None:
    tree = Tree(page(seen))
    said = Counter(language for language, data in tree.said if data.strip())
    assert said["en"] == said["zh-CN"] > 100
    assert not CHINESE.search(re.sub(OWN_CHINESE, "", tree.text("en").replace("all · 全部", "")))


def test_the_verdict_the_points_and_the_checks(seen: Seen, failed: Outcome) -> None:
    text = " ".join(Tree(page(replace(seen, outcome=replace(failed, exercise=True)))).text("en").split())
    assert "✗ failed" in text
    assert "of 3 points" in text or "points" in text
    for result in failed.results:
        assert result.id in text
        assert result.actual.en in text
        assert result.hint is None or result.hint.en in text


def test_calls_are_linked_to_their_packets(seen: Seen, connection: Connection) -> None:
    def call(number: int, name: str) -> SocketCall:
        facts = {"number": number, "program": "server", "process": 1, "thread": 1, "name": name, "arguments": ""}
        return SocketCall.model_validate(facts | {"started": connection.start})

    accepted = Beside(call(1, "accept"), connection, "server", woken_by=(7,))
    tree = Tree(page(replace(seen, calls=[accepted, Beside(call(2, "bind"))])))
    text = " ".join(tree.text("en").split())
    assert "accept() … server woken by 7" in text
    assert "bind() … server" in text
    assert {"call1", "call2"} <= {*ids(tree)}


def test_a_capture_without_a_record_has_what_needs_none(seen: Seen) -> None:
    tree = Tree(page(Seen(seen.capture, seen.conversations)))
    text = tree.text("en")
    assert "capture.pcapng" in text
    assert "10.77.4.11:40112" in text
    assert {"checks", "hosts", "about"}.isdisjoint(ids(tree))
    assert {"topology", "timeline", "conversations", "capture", "c1", "p5"} <= {*ids(tree)}


def test_a_capture_that_holds_nothing(tmp_path: Path) -> None:
    tree = Tree(page(Seen(tmp_path / "none.pcap", Conversations())))
    assert "0 packets" in tree.text("en")


def test_a_story_is_told_where_there_is_one(seen: Seen) -> None:
    assert "story" not in ids(Tree(page(seen)))
    tree = Tree(page(seen, sentences=[Told(Text("alice came.", "alice 来了。"), (5, 99))]))
    assert "alice came." in tree.text("en")
    assert "alice 来了。" in tree.text("zh-CN")
    assert "#p99" not in {attrs.get("href") for attrs in tree.of("a")}, "a packet that is not drawn is no link"


def test_the_capture_is_in_the_page_where_it_is_small(seen: Seen) -> None:
    links = [attrs["href"] for attrs in Tree(page(seen)).of("a") if "download" in attrs]
    assert [base64.b64decode((link or "").split(",")[1]) for link in links] == [b"a capture"]
    seen.capture.write_bytes(bytes(EMBEDDED + 1))
    tree = Tree(page(seen))
    assert not any("download" in attrs for attrs in tree.of("a"))
    assert "too large" in tree.text("en")


def hostile(seen: Seen, connection: Connection) -> Seen:
    """Everything that comes from programs, packets and students says `HOSTILE`."""
    assert seen.record is not None
    assert seen.outcome is not None
    payload = HOSTILE.encode("utf-8", "surrogatepass")
    segments = [replace(s, payload=payload, length=len(payload)) for s in connection.segments or ()]
    said = Text(HOSTILE, HOSTILE)
    record = seen.record.model_copy(
        update={
            "programs": {
                name: facts.model_copy(
                    update={
                        "output": (OutputLine(time=facts.output[0].time, stream="out", text=HOSTILE),),
                        "run": (HOSTILE,),
                    }
                )
                for name, facts in seen.record.programs.items()
            }
            | {HOSTILE: next(iter(seen.record.programs.values()))}
        }
    )
    found = replace(
        seen.conversations,
        connections=[replace(connection, segments=segments)],
        messages=[replace(m, summary=HOSTILE, protocol=HOSTILE) for m in seen.conversations.messages],
        interfaces=[HOSTILE],
    )
    results = tuple(replace(r, actual=said, expected=said, details=(said,), hint=said) for r in seen.outcome.results)
    return replace(seen, record=record, conversations=found, outcome=replace(seen.outcome, results=results))


@pytest.mark.parametrize("recorded", [True, False])
def test_hostile_text_is_only_shown(seen: Seen, connection: Connection, recorded: bool) -> None:
    wicked = hostile(seen, connection)
    text = page(wicked if recorded else replace(wicked, record=None, outcome=None))
    tree = Tree(text)
    assert len(tree.of("script")) == 1
    assert tree.of("img") == []
    assert not any(name.startswith("on") for _, attrs in tree.elements for name in attrs)
    assert "alert(1)" in tree.text()
    for character in "\x1b\x00\u202e\x07\ud800":
        assert character not in text
    text.encode("utf-8")


def test_the_page_is_saved(seen: Seen, tmp_path: Path) -> None:
    save_page(seen, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == page(seen)


def test_counters_of_the_capture_are_told(seen: Seen) -> None:
    assert seen.record is not None
    lost = {"lan": CaptureStatistics(captured=7_777, received=8_888, dropped=3)}
    capture = seen.record.capture.model_copy(update={"networks": lost})
    text = Tree(page(replace(seen, record=seen.record.model_copy(update={"capture": capture})))).text("en")
    assert "7,777" in text
    assert "8,888" in text


def test_packets_that_are_in_no_ladder_are_counted(seen: Seen) -> None:
    held = 11 + 2 + 2  # of conversation 1, of u1, messages
    many = replace(seen.conversations, packets=1_000)
    assert f"{1_000 - held} packets of the capture are in none" in Tree(page(replace(seen, conversations=many))).text(
        "en"
    )


THEME = re.compile(r"--([a-z]+): #([0-9a-f]{3,6})")


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = "".join(2 * c for c in colour) if len(colour) == 3 else colour
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_contrast_in_every_theme(seen: Seen) -> None:
    style = re.findall(r"<style>(.*?)</style>", page(seen), re.DOTALL)[0]
    blocks = [dict(THEME.findall(block)) for block in style.split(" color-scheme:")[1:]]
    assert len(blocks) == 4, "light, dark by the system, dark by choice, print"
    for colours in blocks:
        for ground in ("page", "panel", "glow"):
            for ink in ("ink", "soft", "accent", "good", "bad", "odd", "warn"):
                dark, light = sorted((luminance(colours[ground]), luminance(colours[ink])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground, colours)
