from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.checks import PARAMS
from lab.errors import InputError, ScenarioError
from lab.loader import find, load, names
from lab.scenario import CheckParams, Scenario
from lab.steps import STEPS
from lab.text import LANGUAGES, Language
from lab.values import HostName, Model, ObservationName, Port, ProgramName, ScenarioFile

GOLDEN = Path(__file__).parents[1] / "golden" / "loader"
SCENARIOS = Path(__file__).parents[2] / "scenarios"


class Place(Model):
    host: HostName | None = None
    port: Port | None = None


class Held(Model):
    host: HostName
    path: str


class Happened(CheckParams):
    to: Place
    at: ObservationName = "end"
    file: ScenarioFile | Held | None = None


class Absent(CheckParams):
    always_asserts_absence: ClassVar[bool] = True
    to: Place


class Spoke(CheckParams):
    program: Annotated[ProgramName, "of the scenario"]


KINDS: dict[str, type[CheckParams]] = {"happened": Happened, "absent": Absent, "spoke": Spoke}

GOOD = """\
title: {en: Hello, zh: 你好}
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [python3, server.py, "8080"]}
  alice: {host: alice, run: [chat]}
steps:
  - start: server
    until: {listening: {tcp: 8080}}
  - start: alice
  - send: {to: alice, line: 你好}
  - expect: {from: alice, line: OK}
  - close: alice
  - wait: [alice]
    exit: 0
checks:
  there: {happened: {to: {host: server, port: 8080}}}
  quiet: {absent: {to: {host: alice}}, needs: there, hint: Why, points: 2}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario's folder with a few files, and one file outside."""
    folder = tmp_path / "my-lab"
    (folder / "data").mkdir(parents=True)
    for place in ("solution", "broken/closed", "starter"):
        (folder / place).mkdir(parents=True)
        (folder / place / "handed-in.py").write_text("")
    for file in ("server.py", "data/a.txt", "../outside.py"):
        (folder / file).write_text("")
    (folder / "link.py").symlink_to("../outside.py")
    (folder / "alias.py").symlink_to("solution/handed-in.py")
    return folder


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "scenario.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def faults(folder: Path, text: str | bytes, language: Language = "en", **options: Any) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(written(folder, text), KINDS, **options)
    return [f"{f.line}:{f.column} {f.path}: {f.what.in_(language)}".replace(" : ", " ") for f in caught.value.faults]


# What loads


def test_a_scenario_loads_whole(folder: Path) -> None:
    scenario = load(written(folder, GOOD).parent, KINDS)
    assert scenario.name == "my-lab"
    assert scenario.folder == folder
    assert scenario.title.zh == "你好"
    assert list(scenario.networks) == ["lan"]
    assert scenario.programs["server"].run == ("python3", "server.py", "8080")
    assert [type(step) for step in scenario.steps] == [
        STEPS[verb] for verb in ("start", "start", "send", "expect", "close", "wait")
    ]
    assert scenario.steps[4].close == ("alice",)
    quiet = scenario.checks["quiet"]
    assert (quiet.id, quiet.kind, quiet.needs, quiet.points) == ("quiet", "absent", ("there",), 2)
    assert quiet.hint is not None
    assert quiet.hint.zh == "Why"
    assert quiet.params == Absent(to=Place(host="alice"))


@pytest.mark.parametrize(
    "change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: "---\n" + t + "...\n"]
)
def test_a_byte_order_mark_and_windows_line_ends_and_document_marks_are_nothing(folder: Path, change: Any) -> None:
    assert load(written(folder, change(GOOD)), KINDS) == load(written(folder, GOOD), KINDS)


def test_a_program_that_has_ended_may_start_again_with_its_input_open(folder: Path) -> None:
    again = "  - start: alice\n  - send: {to: alice, line: again}\nchecks:"
    assert len(load(written(folder, GOOD.replace("checks:", again)), KINDS).steps) == 8


@pytest.mark.parametrize("name", names(SCENARIOS))
def test_the_scenarios_of_the_project_load(name: str) -> None:
    assert load(SCENARIOS / name, PARAMS, {"host"}).name == name


def test_ten_thousand_steps_load(folder: Path) -> None:
    steps = "".join(f"  - send: {{to: alice, line: {n}号}}\n" for n in range(10_000))
    text = GOOD.replace("  - expect:", steps + "  - expect:")
    assert len(load(written(folder, text), KINDS).steps) == 10_006


# What does not


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", sorted(file.stem for file in GOLDEN.glob("*.yaml")))
def test_faults_in_both_languages(case: str, folder: Path, language: Language) -> None:
    text = (GOLDEN / f"{case}.yaml").read_text(encoding="utf-8")
    told = "\n".join(faults(folder, text, language, images={"host"})) + "\n"
    golden = GOLDEN / f"{case}.{language}.txt"
    if os.environ.get("RENEW_GOLDEN") == "1":
        golden.write_text(told, encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8")


def test_a_folder_that_cannot_name_a_scenario(tmp_path: Path) -> None:
    folder = tmp_path / "My Lab"
    folder.mkdir()
    (folder / "server.py").write_text("")
    [fault] = faults(folder, GOOD)
    assert fault.startswith("1:1 the folder's name `My Lab` cannot name a scenario")


def test_a_misspelt_key_is_not_told_as_a_missing_one_too(folder: Path) -> None:
    told = faults(folder, GOOD.replace("{from: alice", "{form: alice"))
    assert told == ["11:14 steps[4].expect.form: unknown key `form`; did you mean `from`?"]


def test_a_key_that_is_missing_in_a_mapping_is_not_told_as_a_wrong_type_too(folder: Path) -> None:
    [fault] = faults(folder, GOOD + "  same: {happened: {to: {port: 1}, file: {host: alice}}}\n")
    assert fault.endswith("checks.same.happened.file: the key `path` is missing")


def test_an_absolute_path_into_the_folder_is_written_relative(folder: Path) -> None:
    [fault] = faults(folder, GOOD.replace("server.py", f"{folder}/server.py"))
    assert fault.endswith("; write `server.py`")


def test_an_absolute_path_beside_the_folder_is_outside(folder: Path) -> None:
    [fault] = faults(folder, GOOD.replace("server.py", f"{folder.parent}/outside.py"))
    assert "lies outside the folder my-lab/" in fault


def test_what_follows_from_a_fault_is_not_told(folder: Path) -> None:
    text = GOOD.replace("- start: alice", "- start: alice\n    until: {}").replace(
        "alice, line: OK}", "alice, lin: OK}"
    )
    assert len(faults(folder, text)) == 2  # not that alice has not been started, nor that `expect` expects nothing


def test_what_is_not_at_fault_in_a_faulty_entry_is_looked_at_too(folder: Path) -> None:
    text = """\
title: {en: x}
networks: {lan: {ipv4: 10.0.0.1/24, mtu: big}}
hosts: {server: {networks: [lna], imge: host}}
programs:
  one: {hots: server, run: [none.py], files: [gone.txt]}
  two: {host: sever, run: python3, files: [gone.txt]}
steps:
  - start: [one, tow]
    within: soon
  - send: {to: tow, line: x, hexx: 00}
checks:
  quiet: {absent: {to: {host: sever, prot: 1}}, needs: [nothing], points: many}
"""
    assert [fault.split(": ")[0] for fault in faults(folder, text)] == [
        "1:1 title",
        "2:24 networks.lan.ipv4",
        "2:42 networks.lan.mtu",
        "3:29 hosts.server.networks[1]",
        "3:35 hosts.server.imge",
        "5:9 programs.one.hots",
        "5:29 programs.one.run[1]",
        "5:47 programs.one.files[1]",
        "6:15 programs.two.host",
        "6:27 programs.two.run",
        "6:44 programs.two.files[1]",
        "8:18 steps[1].start[2]",
        "9:13 steps[1].within",
        "10:16 steps[2].send.to",
        "10:30 steps[2].send.hexx",
        "10:36 steps[2].send.hexx",
        "12:31 checks.quiet.absent.to.host",
        "12:38 checks.quiet.absent.to.prot",
        "12:57 checks.quiet.needs[1]",
        "12:75 checks.quiet.points",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("broken", "en", "zh"),
    [
        ("- a\nb: c", "2:1 `-`: list that begins in line 1 goes on", "2:1 列表"),
        ("a: b\nsteps:\n  - x: 1\n   y: 2", "4:4 `-`: the indentation differs", "4:4 缩进"),
        ("a:\n  b: 1\n c: 2", "3:2 a key: the indentation differs", "3:2 缩进"),
        ("a: 'it's'", "1:8 closing quote", "1:8 右引号"),
        ("a: b\n- c", "2:1 its own key is missing", "2:1 缺少它的键"),
        ("a: b]\nc: {d: 1}}", "2:10 this `}` closes nothing", "2:10 `}` 没有与之对应的左括号"),
        ("title: one: two", "1:11 a colon followed by a space", "1:11 有后跟空格的冒号"),
        ("title:one\nb: c", "2:2 in line 1 a space is missing: write `title: one`", "2:2 第 1 行冒号后缺少空格"),
        ("a: b\ntitle:{en: c, zh: d}", "2:17 a space is missing: title", "2:17 冒号后缺少空格"),
        ("a: b\n  c: d", "2:4 the indentation differs", "2:4 缩进"),
        ("a: [1,\n  2\nb: c", "3:2 the `[` of line 1 is not closed", "3:2 第 1 行的 `[` 没有闭合"),
        ("a: {b: 1\nc: d", "2:2 the `{` of line 1 is not closed", "2:2 第 1 行的 `{` 没有闭合"),
        ("a: {b: [1}", "1:10 this `}` does not close the `[` of line 1", "1:10 `}` 与第 1 行的 `[` 不配对"),
        ("a: {b: c: d}", "1:9 a colon followed by a space", "1:9 有后跟空格的冒号"),
        ('a: {b: "x}\nc: "d"', "2:5 the quote of line 1 is not closed", "2:5 第 1 行的引号没有闭合"),
        ('a: {b: "x" y}', "1:12 the `{` of line 1 is not closed, or a comma is missing", "1:12 或者缺少逗号"),
        ("a: 'x\n---\nb", "2:1 the quote of line 1 is not closed", "2:1 第 1 行的引号没有闭合"),
        ("a: @you", "1:4 a text that begins with `@`", "1:4 以 `@` 开头的文本"),
        ("a: b\nhosts\nc: d", "2:1 `hosts` is a key without a colon", "2:1 `hosts` 是没有冒号的键"),
        ("a: b\nport:1\nc: d", "2:1 a space is missing: write `port: 1`", "2:1 请写 `port: 1`"),
        ("{a: b}\nc: d", "2:1 a whole document", "2:1 完整的文档"),
        ("a: - b", "1:4 a list begins on a line of its own", "1:4 列表应另起一行"),
        ('a: "\\q"', "1:5 a backslash is written twice", "1:5 反斜杠要写两个"),
        ("a: {b:, c: d}", "1:6 write a space after the colon", "1:6 请在冒号后加空格"),
        ("a: !<x", "1:7 broken YAML: did not find the expected '>'", "1:7 YAML 语法错误：did not"),
    ],
)
def test_broken_yaml_is_told_with_its_likely_cause(folder: Path, broken: str, en: str, zh: str, language: str) -> None:
    [fault] = faults(folder, broken + "\n", language)
    place, wanted = (en if language == "en" else zh).split(" ", maxsplit=1)
    assert fault.startswith(f"{place} ")
    for part in wanted.split(": ") if language == "en" and "broken" not in wanted else [wanted]:
        assert part in fault


def test_an_unknown_key_with_a_colon_is_no_split_text(folder: Path) -> None:
    told = faults(folder, GOOD.replace("line: 你好}", "line: 你好, tex: }"))
    assert ["unknown key `tex`" in told[0], "nothing stands here" in told[1], len(told)] == [True, True, 2]


def test_a_check_cannot_have_the_id_of_the_lab_s_own_result(folder: Path) -> None:
    [fault] = faults(folder, GOOD.replace("  quiet:", "  exchange:"))
    assert fault.startswith("17:3 checks.exchange: `exchange` cannot name a check")


def test_hosts_that_a_filter_names_are_references(folder: Path) -> None:
    checks = """checks:
  one: {packets: {filter: "src host {sever} and dst host {alice.ipv4}"}}
  two: {none: {packet: "ether src {sever.mac}"}, needs: one}
  three: {order: {first: {packet: "host {alcie}"}, then: {packet: "ip6 host {server.ipv9}"}}}
  four: {order: {first: {packet: "host {alcie}"}, then: {packet: "ip6 host {server.ipv6}"}}}
"""
    file = written(folder, GOOD.partition("checks:")[0] + checks)
    with pytest.raises(ScenarioError) as caught:
        load(file, PARAMS)
    assert [(f.line, f.column, f.what.en) for f in caught.value.faults] == [
        (16, 27, "no host is called `sever`; did you mean `server`?"),
        (17, 24, "no host is called `sever`; did you mean `server`?"),
        (
            18,
            67,
            (
                "`{server.ipv9}` stands for no address of a host; "
                "write `{server}`, `{server.ipv4}`, `{server.ipv6}`, `{server.mac}`"
            ),
        ),
        (19, 34, "no host is called `alcie`; did you mean `alice`?"),
    ]


@pytest.mark.parametrize("section", ["hosts", "programs"])
def test_a_misspelt_section_is_one_fault(folder: Path, section: str) -> None:
    [fault] = faults(folder, GOOD.replace(f"{section}:", f"{section[:-1]}:"))
    assert f"did you mean `{section}`?" in fault


def test_the_names_of_a_misspelt_section_are_known(folder: Path) -> None:
    told = faults(folder, GOOD.replace("programs:", "program:").replace("wait: [alice]", "wait: [alise]"))
    assert [fault.split(": ")[0] for fault in told] == ["3:1 program", "13:12 steps[6].wait[1]"]


def test_of_a_section_that_is_no_mapping_nothing_else_is_told(folder: Path) -> None:
    assert faults(folder, GOOD.replace("{server: {}, alice: {}}", "[server, alice]")) == [
        "2:8 hosts: wanted a mapping; found a list"
    ]


def test_faults_come_in_the_order_of_the_file(folder: Path) -> None:
    for file in GOLDEN.glob("*.yaml"):
        places = [tuple(map(int, f.split(" ")[0].split(":"))) for f in faults(folder, file.read_bytes())]
        assert places == sorted(places)


# No file to read


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, Path.exists])
def test_a_directory_a_pipe_and_nothing_are_no_scenario(folder: Path, make: Any) -> None:
    make(folder / "scenario.yaml")
    with pytest.raises(InputError) as caught:
        load(folder, KINDS)
    assert not isinstance(caught.value, ScenarioError)
    assert "scenario.yaml" in str(caught.value)


@pytest.mark.parametrize("name", ["x" * 5000, "nul\0", "a/b/c"])
def test_paths_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path / name, KINDS)


def test_a_file_that_is_far_too_large(folder: Path) -> None:
    with pytest.raises(InputError, match="larger"):
        load(written(folder, b"#" * 5_000_000), KINDS)


def test_find_suggests_the_nearest(tmp_path: Path) -> None:
    for name in ("tcp-multiclient", "udp-hello"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scenario.yaml").write_text("")
    (tmp_path / "no-scenario").mkdir()
    assert names(tmp_path) == ["tcp-multiclient", "udp-hello"]
    assert find("udp-hello", tmp_path) == tmp_path / "udp-hello" / "scenario.yaml"
    with pytest.raises(InputError, match=r"^no scenario `tcp-multiclent`; did you mean `tcp-multiclient`\?$"):
        find("tcp-multiclent", tmp_path)
    with pytest.raises(InputError, match="there is `tcp-multiclient`, `udp-hello`"):
        find("../x", tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(InputError, match="has none"):
        find("udp-hello", tmp_path)


# Anything at all

QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
WORDS = sorted(
    {"title", "hosts", "programs", "steps", "checks", "networks", "server", "host", "run", "a/b.py", "to", "from"}
    | {"exercise", "files", "start", "send", "line", "text", "happened", "absent", "needs", "10.0.0.0/8", "ipv4", "on"}
    | {"match", "(", "until", "listening", "tcp", "env", "hex", "name", "observe", "C01", "en", "zh", "", "你好", "\0"}
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


class Plain(yaml.SafeDumper):
    """Writes all text in quotes, and a list that occurs twice twice: a scenario file has no aliases."""

    def ignore_aliases(self, _data: object) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"')


Plain.add_representer(str, Plain.represent_text)


def dump(tree: object) -> bytes:
    return yaml.dump(tree, Dumper=Plain, sort_keys=False).encode()


def outcome(folder: Path, content: bytes) -> Scenario | None:
    """Load it; hold that faults, where there are some, lie within the file."""
    try:
        return load(written(folder, content), KINDS, {"host"})
    except ScenarioError as error:
        found = error.faults
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    assert found
    for fault in found:
        assert 1 <= fault.line <= len(lines)
        assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1
        assert fault.what.en
        assert fault.what.zh
    return None


@QUICK
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_only_ever_have_faults(folder: Path, content: bytes) -> None:
    assert outcome(folder, content) is None


@QUICK
@given(text=st.text(st.sampled_from("ab: -[]{}\n\r\t#&*!|>'\"%@`,?~01.你\0\u2028<="), max_size=120))
def test_arbitrary_yaml_like_text_only_ever_has_faults(folder: Path, text: str) -> None:
    assert outcome(folder, text.encode()) is None


@QUICK
@given(tree=TREES)
def test_arbitrary_structures_only_ever_have_faults(folder: Path, tree: object) -> None:
    assert outcome(folder, dump(tree)) is None


@QUICK
@given(data=st.data())
def test_a_good_file_with_one_part_replaced_never_breaks_the_loader(folder: Path, data: st.DataObject) -> None:
    tree = yaml.safe_load(GOOD)
    where = tree
    for _ in range(data.draw(st.integers(0, 4))):
        key = data.draw(st.sampled_from(list(where) if isinstance(where, dict) else list(range(len(where)))))
        if not isinstance(where[key], dict | list) or not where[key]:
            break
        where = where[key]
    key = data.draw(st.sampled_from(list(where) if isinstance(where, dict) else list(range(len(where)))))
    where[key] = data.draw(TREES)
    outcome(folder, dump(tree))


# There and back

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r$"), max_size=20)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Files without fault."""
    hosts = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    programs = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    steps: list[dict[str, Any]] = [{"start": programs, "within": draw(st.floats(0.1, 60).map(lambda s: round(s, 2)))}]
    for name in programs:
        steps += [{"send": {"to": [name], "line": draw(LINES)}}, {"expect": {"from": name, "text": draw(LINES) + "x"}}]
    steps.append({"wait": programs, "exit": draw(st.integers(0, 255) | st.sampled_from(["TERM", "SEGV"]))})
    checks = {
        name: {"happened": {"to": {"host": draw(st.sampled_from(hosts))}}, "points": draw(st.integers(0, 5))}
        for name in draw(st.lists(NAMES, max_size=3, unique=True))
    }
    return {
        "title": {"en": draw(LINES) + "x", "zh": draw(LINES) + "x"},
        "claims": {claim: [] for claim in draw(st.lists(st.sampled_from(["C01", "C53"]), max_size=2))},
        "encoding": draw(st.sampled_from(["utf-8", "gbk"])),
        "hosts": {name: {} for name in hosts},
        "programs": {
            name: {"host": draw(st.sampled_from(hosts)), "run": ["prog"], "env": {"A": draw(LINES).replace("\0", "")}}
            for name in programs
        },
        "steps": steps,
        **({"checks": checks} if checks else {}),
    }


def dumped(scenario: Scenario) -> dict[str, Any]:
    """A scenario as the file that it comes from."""
    plain = {"mode": "json", "by_alias": True, "exclude_none": True}
    document = scenario.model_dump(exclude={"name", "folder", "file", "seed", "vary", "steps", "checks"}, **plain)
    document["steps"] = [step.model_dump(**plain) for step in scenario.steps]
    document["checks"] = {
        name: {
            check.kind: check.params.model_dump(**plain),
            **check.model_dump(exclude={"id", "kind", "params"}, **plain),
        }
        for name, check in scenario.checks.items()
    }
    return document


@QUICK
@given(document=documents())
def test_a_scenario_written_back_loads_to_the_same(folder: Path, document: dict[str, Any]) -> None:
    scenario = load(written(folder, dump(document)), KINDS)
    again = load(written(folder, dump(dumped(scenario))), KINDS)
    assert again == scenario
