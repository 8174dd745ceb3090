"""The documentation is held true: commands, links, languages, keys, scenarios and the architecture page."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from marks import good, mark
from pydantic import BaseModel

import lab
from lab import __main__, cli, crafting, ends, graded, loader, record, scenario, steps, wirefaults
from lab.checks import KINDS, PARAMS
from lab.cli import frame
from lab.errors import InputError
from lab.grading import bundle, clues, encodings, journal, spelling, verifying
from lab.limits import FATAL, HIT, Limits
from lab.reference import FOLDER as GENERATED
from lab.report.formats.document import class_document
from lab.results import Verdict
from lab.sysctls import Sysctls
from lab.template import write_template
from lab.text import same

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAIRS = [(page, page.with_suffix(".zh.md")) for page in PAGES if page.with_suffix(".zh.md") in PAGES]
ONLY_ENGLISH = {"CHANGELOG.md", "CONTRIBUTING.md"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VERBS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
MADE_BY_READER = "my-lab"
SCENARIOS = {*loader.names(ROOT / "scenarios"), MADE_BY_READER, "NAME"}


class FaultKinds(wirefaults.Delayed, wirefaults.Slowed, wirefaults.Lost):
    """What the kinds of faults have, each some of it."""


MODELS = {  # a word of the heading of its section in scenario-file.md -> the model whose keys its table tells
    "`scenario.yaml`": scenario.File,
    "`title`": scenario.Words,
    "`networks.<": scenario.Network,
    "`hosts.<name>`": scenario.Host,
    "`hosts.<name>.networks.<network>`": scenario.Addresses,
    "`hosts.<name>.sysctls`": Sysctls,
    "`programs.<": scenario.Program,
    "`steps`": steps.Step,
    "`start`": steps.StartStep,
    "`until`": steps.Until,
    "`listening`": steps.SocketPort,
    "`send`": steps.Send,
    "`expect`": steps.Expect,
    "`close`": steps.CloseStep,
    "`signal`": steps.Signal,
    "`wait`": steps.WaitStep,
    "`observe`": steps.Observe,
    "`fault`": wirefaults.Fault,
    "`passed`": wirefaults.Packets,
    "`drop`": FaultKinds,
    "`lift`": steps.LiftStep,
    "passed`": wirefaults.Passed,
    "`from`": ends.Place,
    "`inject`": crafting.Inject,
    "`tcp`": crafting.Segment,
    "`checks.<": scenario.Check,
    "`exercise`": scenario.Exercise,
    "`exercise.instead`": scenario.Instead,
    "`exercise.limits`": Limits,
}
CHECK_KEYS = {"needs", "hint", "points", "partial", "hidden", "bonus"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(page.read_text(encoding="utf-8")) if language in languages]


def commands_of(page: Path) -> list[list[str]]:
    """The `make` and `lab` commands of a page: lines of `sh` blocks, and lines after a prompt of `console` blocks."""
    lines = [line for body in fenced(page, "sh") for line in body.splitlines()]
    lines += [line[2:] for body in fenced(page, "console") for line in body.splitlines() if line.startswith("$ ")]
    found = []
    for line in lines:
        words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
        words = words[: next((n for n, word in enumerate(words) if word in {"|", ">", "&"}), len(words))]
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        if words and words[0] in {"make", "lab"}:
            found.append(words)
    return found


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it: word characters, hyphens, and hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def recipes() -> dict[str, str]:
    """Target of the Makefile -> its recipe."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]+):.*\n((?:\t.*\n)+)", text, re.MULTILINE))


ALL_COMMANDS = [
    pytest.param(words, id=f"{name_of(page)}: {' '.join(words)}") for page in PAGES for words in commands_of(page)
]


def test_there_are_pages_and_commands():
    assert len(PAIRS) > 30
    assert len(ALL_COMMANDS) > 50
    verbs = {param.values[0][1] for param in ALL_COMMANDS if param.values[0][0] == "lab"}
    assert verbs >= {"run", "check", "inspect", "new", "validate", "list", "doctor"}


@pytest.mark.parametrize("words", [p for p in ALL_COMMANDS if p.values[0][0] == "make"])
def test_make_commands_name_targets_and_what_these_read(words: list[str]):
    rest = [word for word in words[1:] if word != "-s"]
    target = next((word for word in rest if "=" not in word), "help")
    assert target in recipes()
    for given in (word for word in rest if "=" in word):
        variable, _, value = given.partition("=")
        assert f"$({variable})" in recipes()[target]
        if variable == "NAME":
            assert value in SCENARIOS
        if variable == "SUBMISSION" and "/" in value:
            assert (ROOT / value).exists()


@pytest.mark.parametrize("words", [p for p in ALL_COMMANDS if p.values[0][0] == "lab"])
def test_lab_commands_are_verbs_with_these_options(words: list[str]):
    assert words[1] in VERBS
    options = {name: option for option in VERBS[words[1]].params for name in option.opts}
    positional, rest = [], iter(words[2:])
    for word in rest:
        if word.startswith("-"):
            assert word in options
            if not options[word].is_flag:
                value = next(rest)
                assert word != "--submission" or "/" not in value or (ROOT / value).exists()
        else:
            positional.append(word)
    wanted = [p for p in VERBS[words[1]].params if p.param_type_name == "argument"]
    assert bool(positional) <= bool(wanted)
    assert bool(positional) or not any(argument.required for argument in wanted)
    if words[1] in {"run", "validate", "check"}:
        assert set(positional) <= SCENARIOS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_within_the_text_are_verbs_and_targets_too(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for tool, name, rest in re.findall(r"`(make|lab)\s([a-z]+)([^`]*)`", text):
        assert name in (VERBS if tool == "lab" else recipes())
        for option in re.findall(r"(?<=\s)--?[a-z]+", rest):
            assert any(option in each.opts for each in VERBS[name].params)


def links() -> Iterator[object]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text(encoding="utf-8"))):
            if "://" not in target:
                yield pytest.param(page, target, id=f"{name_of(page)} -> {target}")


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_links_between_pages_resolve(page: Path, target: str):
    path, _, fragment = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists()
    if fragment:
        assert fragment in [anchor(heading) for heading in headings(file)]


def test_every_page_is_in_both_languages():
    alone = {name_of(page) for page in PAGES} - {name_of(page) for pair in PAIRS for page in pair}
    assert alone == ONLY_ENGLISH


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name_of(pair[0]))
def test_both_languages_have_the_same_headings_commands_and_code(pair: tuple[Path, Path]):
    english, chinese = pair
    assert len(headings(english)) == len(headings(chinese))
    assert commands_of(english) == commands_of(chinese)
    for language in ("sh", "yaml", "json", "console", "text"):
        assert len(fenced(english, language)) == len(fenced(chinese, language))


@pytest.mark.parametrize("pair", [p for p in PAIRS if p[0].parent != GENERATED], ids=lambda pair: name_of(pair[0]))
def test_each_language_links_to_the_other_and_otherwise_to_itself(pair: tuple[Path, Path]):
    english, chinese = pair
    assert f"[中文]({chinese.name})" in english.read_text(encoding="utf-8")
    assert f"[English]({english.name})" in chinese.read_text(encoding="utf-8")
    for page, other in ((english, "zh.md"), (chinese, ".md")):
        targets = re.findall(r"(?<!\[中文\])(?<!\[English\])\(([^)\s]+\.md)", page.read_text(encoding="utf-8"))
        crossing = [t for t in targets if "://" not in t and t.endswith(other) and Path(t).name not in ONLY_ENGLISH]
        assert [t for t in crossing if other == "zh.md" or not t.endswith(".zh.md")] == []


@pytest.mark.parametrize("page", [p for pair in PAIRS for p in pair[1:]], ids=name_of)
def test_chinese_prose_has_full_width_punctuation(page: Path):
    text = re.sub(r"`[^`\n]*`|\]\([^)]*\)", "", FENCE.sub("", page.read_text(encoding="utf-8")))
    assert re.findall(r"[\u4e00-\u9fff][,;:?!(]", text) == []


# What the pages say of scenario files, records and kinds of checks


def sections(text: str) -> dict[str, str]:
    """Top-level key -> its lines, comments before the first left out."""
    found: dict[str, str] = {}
    for line in text.splitlines(keepends=True):
        if key := re.match(r"(\w+):", line):
            found[key[1]] = ""
        if found:
            found[list(found)[-1]] += line
    return found


def examples() -> Iterator[object]:
    """Whole scenarios of the pages, and those that an excerpt makes of the whole one before it."""
    for page in PAGES:
        if page.parent == GENERATED:
            continue
        whole: dict[str, str] = {}
        for number, body in enumerate(fenced(page, "yaml"), 1):
            parts = sections(body)
            whole = parts if "title" in parts else whole
            yield pytest.param("".join((whole | parts).values()), id=f"{name_of(page)} {number}")


@pytest.mark.parametrize("text", list(examples()))
def test_scenarios_of_the_pages_have_no_faults(text: str, tmp_path: Path):
    file, *others = write_template(tmp_path / MADE_BY_READER, MADE_BY_READER)
    programs = [other for other in others if other.suffix == ".py"]
    file.write_text(text, encoding="utf-8")
    (file.parent / "dnsmasq.conf").touch()  # told beside its scenario
    for folder in ("solution", "starter"):
        (file.parent / folder).mkdir()
        for program in programs:
            (file.parent / folder / program.name).write_bytes(program.read_bytes())
    assert loader.load(file, PARAMS, ["host", "tap"]).checks


def tables(page: Path) -> dict[str, set[str]]:
    """Heading -> the keys in the first column of the table under it."""
    parts = re.split(r"^## (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {heading: set(re.findall(r"^\| `([\w.]+)` \|", body, re.MULTILINE)) for heading, body in pairs}


def keys(model: type[BaseModel]) -> set[str]:
    """The keys of a model in the file. What models share is told once; of a check what stands beside its kind."""
    if model is scenario.Check:
        return CHECK_KEYS
    own = {field.alias or name for name, field in model.model_fields.items()}
    for base in (steps.Step, wirefaults.Packets):
        if issubclass(model, base) and model is not base:
            own -= keys(base)
    return own


@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_the_scenario_file_page_tells_every_key(language: str):
    told = tables(ROOT / "docs" / "reference" / f"scenario-file.{language}")
    assert len(told) == len(MODELS)
    for (heading, found), (marked, model) in zip(told.items(), MODELS.items(), strict=True):
        assert marked.replace("<name>", "<") in heading.replace("<名字>", "<").replace("<name>", "<").replace(
            "<网络>", "<network>"
        )
        assert found == keys(model), heading
    assert set(scenario.Check.model_fields) >= CHECK_KEYS


@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_the_run_directory_page_tells_every_key_of_a_record(language: str):
    (found,) = tables(ROOT / "docs" / "reference" / f"run-directory.{language}").values()
    assert found == set(record.Record.model_fields)


def rows(text: str) -> dict[str, str]:
    """First cell of each row of the tables in `text` that is code -> its last cell."""
    return dict(re.findall(r"^\| `([\w.-]+)` \|(?:.*\|)? (.*) \|$", text, re.MULTILINE))


def grading_results(language: str) -> str:
    return (ROOT / "docs" / "reference" / f"grading-results.{language}").read_text(encoding="utf-8")


def ids_of_clues() -> set[str]:
    """Every id of a clue, as the modules that give clues write it."""
    found = set()
    for module in (clues, encodings, spelling):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            match node:
                case (
                    ast.Call(func=ast.Name(id="_clue"), args=[_, ast.Constant(value=str(name)), *_])
                    | ast.keyword(arg="id", value=ast.Constant(value=str(name)))
                    | ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Name() | ast.Call(), *_])
                ):
                    found.add(name)
    return found


@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_the_page_of_grading_results_tells_every_key(language: str):
    text = grading_results(language)
    (whole,) = class_document("tcp-multiclient", [mark("Ada", good())], "en")["submissions"]
    envelope = json.loads(bundle.sign(good(), Ed25519PrivateKey.generate()))
    nothing = verifying.Refused(Path("x"), InputError(same("x")))
    (refused,) = verifying.document([nothing], "en")["bundles"]
    told = [set(rows(section)) for section in text.split("\n## ")[1:]]
    assert [found for found in told if found] == [
        set(whole),
        set(whole["checks"][0]),
        set(graded.Graded.model_fields),
        set(record.LimitFacts.model_fields),
        set(HIT),
        ids_of_clues(),
        set(journal.Line.model_fields),
        set(envelope),
        set(refused),
    ]
    assert set(re.findall(r"`(application/[\w.+-]+)`", text)) == {bundle.PAYLOAD_TYPE}


@pytest.mark.parametrize(("language", "nothing"), [("md", "no points"), ("zh.md", "不得分")])
def test_the_page_of_grading_results_tells_which_limits_take_the_points(language: str, nothing: str):
    (section,) = [part for part in grading_results(language).split("\n## ") if set(rows(part)) == set(HIT)]
    assert {limit for limit, effect in rows(section).items() if nothing in effect} == set(FATAL)


@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_the_scenario_file_page_tells_the_defaults_of_limits(language: str):
    page = (ROOT / "docs" / "reference" / f"scenario-file.{language}").read_text(encoding="utf-8")
    told = rows(page[page.index("`exercise.limits`") :])
    assert {limit: re.split("[;；]", meaning)[-1].strip() for limit, meaning in told.items()} == {
        name: str(default) for name, default in Limits().model_dump().items()
    }


@pytest.mark.parametrize("page", ["README", "docs/reference/exit-codes"])
@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_tables_of_exit_codes_tell_each(page: str, language: str):
    text = (ROOT / f"{page}.{language}").read_text(encoding="utf-8")
    codes = [frame.PASSED, frame.FAILED, frame.WRONG_INPUT, frame.LAB_FAILED, __main__.INTERRUPTED]
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(code) for code in codes]


@pytest.mark.parametrize("language", ["md", "zh.md"])
def test_the_page_of_verdicts_tells_each(language: str):
    text = (ROOT / "docs" / "explanation" / f"verdicts.{language}").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([a-z]+)[ （]", text, re.MULTILINE)[-len(Verdict) :] == list(Verdict)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_checks_in_excerpts_of_runs_are_those_of_the_scenario(page: Path):
    there = set(loader.load(ROOT / "scenarios" / "tcp-multiclient", PARAMS).checks)
    for body in fenced(page, "console", "text"):
        of_a_class = "index.html" in body  # whose lines are its students
        assert of_a_class or set(re.findall(r"^  [✓✗–] ([a-z-]+) ", body, re.MULTILINE)) <= there


def test_the_changelog_counts_the_kinds_of_checks():
    assert f"- {len(KINDS)} kinds of checks" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# The architecture page


def modules() -> dict[str, list[Path]]:
    """Module or package of lab/ -> its files."""
    folder = Path(lab.__file__).parent
    found = {f.stem: [f] for f in folder.glob("*.py") if f.stem != "__init__"}
    return found | {f.parent.name: sorted(f.parent.rglob("*.py")) for f in folder.glob("*/__init__.py")}


def told_modules() -> list[str]:
    """The modules of the package docstring in its order."""
    return re.findall(r"^    (\w+)/? {2,}\S", lab.__doc__ or "", re.MULTILINE)


def imports(file: Path) -> set[str]:
    """The modules and packages of lab/ that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("lab.")}
    return found & set(modules())


def test_the_package_docstring_tells_every_module_once():
    assert sorted(told_modules()) == sorted(modules())


def test_each_module_imports_only_from_those_above_it():
    order = told_modules()
    for module, files in modules().items():
        above = {*order[: order.index(module)], module}
        for file in files:
            assert imports(file) <= above, file


def test_hooks_call_only_the_tools_of_the_project():
    (only,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert only["repo"] == "local"
    for hook in only["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
