from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import loader
from lab.checks import PARAMS
from lab.errors import ScenarioError
from lab.scenario import Scenario
from lab.variants import SPECIAL, drawn

FILE = """\
title: x
encoding: gbk
vary:
  port: [8080, 9090, 7007]
  greeting: [你好, 您好, "a.b c-d"]
  patience: [1.5, 2]
hosts: {server: {}, alice: {}}
programs:
  server: {host: server, run: [python3, -c, "${port}", "at ${port}", "$${port} $$ $${"], env: {PORT: "${port}"}}
  alice: {host: alice, run: [chat, "${greeting}${port}"]}
steps:
  - start: server
    until: {listening: {tcp: "${port}"}}
    within: "${patience}"
  - start: alice
  - send: {to: alice, line: "${greeting}"}
  - expect: {from: alice, match: "^(${greeting}|${port})$"}
checks:
  there: {tcp.handshake: {to: {host: server, port: "${port}"}, complete: 1}, hint: "say ${greeting}"}
  said: {tcp.payload: {sent_by: client, match: "${greeting}"}, needs: there}
  filtered: {packets: {filter: "tcp port ${port} and src host {alice}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my-lab"
    made.mkdir()
    return made


def loaded(folder: Path, text: str = FILE, seed: int = 0, **options: Any) -> Scenario:
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    return loader.load(folder, PARAMS, seed=seed, **options)


def faults(folder: Path, text: str, **options: Any) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loaded(folder, text, **options)
    return [f"{f.line}:{f.column} {f.path}: {f.what.en}" for f in caught.value.faults]


def test_without_a_seed_the_first_values_stand_where_their_names_stood(folder: Path) -> None:
    scenario = loaded(folder)
    assert scenario.seed == 0
    assert scenario.vary == {"port": 8080, "greeting": "你好", "patience": 1.5}
    assert scenario.programs["server"].run == ("python3", "-c", "8080", "at 8080", "${port} $$ ${")
    assert scenario.programs["server"].env == {"PORT": "8080"}
    assert scenario.programs["alice"].run == ("chat", "你好8080")
    assert scenario.steps[0].until.listening.tcp == 8080
    assert scenario.steps[0].within == 1.5
    assert scenario.steps[2].send.line == "你好"
    assert scenario.checks["there"].params.to.port == 8080
    assert scenario.checks["there"].hint is not None
    assert scenario.checks["there"].hint.zh == "say 你好"
    assert scenario.checks["filtered"].params.filter == "tcp port 8080 and src host {alice}"


def test_in_a_regular_expression_a_value_stands_for_itself(folder: Path) -> None:
    scenarios = (loaded(folder, seed=seed) for seed in range(1, 50))
    dotted = next(scenario for scenario in scenarios if scenario.vary["greeting"] == "a.b c-d")
    match = dotted.steps[3].expect.match
    assert re.search(match, "a.b c-d")
    assert not re.search(match, "axb c-d")
    assert dotted.steps[2].send.line == "a.b c-d"
    assert dotted.checks["said"].params.match == r"a\.b c-d"


@given(st.text(min_size=1))
def test_what_is_special_in_a_regular_expression_is_escaped(value: str) -> None:
    expression = SPECIAL.sub(r"\\\g<0>", value)
    assert re.fullmatch(expression, value)
    assert len(re.compile(expression).findall(value + value)) >= 1
    assert not re.fullmatch(expression, value + "x")


@pytest.mark.parametrize("seed", [1, 2, 7, 2**64])
def test_with_a_seed_every_name_has_one_of_its_other_values_and_always_the_same(folder: Path, seed: int) -> None:
    scenario = loaded(folder, seed=seed)
    assert scenario == loaded(folder, seed=seed)
    assert scenario.seed == seed
    assert scenario.vary["port"] in {9090, 7007}
    assert scenario.vary["greeting"] in {"您好", "a.b c-d"}
    assert scenario.vary["patience"] == 2
    assert str(scenario.vary["port"]) == scenario.programs["server"].run[2]


def test_seeds_reach_every_other_value(folder: Path) -> None:
    assert {loaded(folder, seed=seed).vary["port"] for seed in range(1, 30)} == {9090, 7007}


def test_the_draw_is_the_documented_one() -> None:
    assert drawn(7, "port", 3) == 1 + int.from_bytes(hashlib.sha256(b"7:port").digest()) % 2
    assert [drawn(seed, "networks", 256) for seed in (0, 7, 8)] == [0, 174, 21]  # a saved run relies on it


@given(st.integers(1, 2**256), st.text(), st.integers(2, 24))
def test_a_draw_is_never_the_first(seed: int, name: str, below: int) -> None:
    assert 1 <= drawn(seed, name, below) < below
    assert drawn(0, name, below) == 0


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_fault_of_any_value_is_told_whatever_the_seed(folder: Path, seed: int) -> None:
    text = FILE.replace("7007]", "70000]")
    assert set(faults(folder, text, seed=seed)) == {
        "13:30 steps[1].until.listening.tcp: wanted at most 65535; found the number 70000 (where `port` = 70000)",
        "19:52 checks.there.tcp.handshake.to.port: wanted at most 65535; found the number 70000 (where `port` = 70000)",
        (
            "21:32 checks.filtered.packets.filter: "
            "libpcap refuses the filter: illegal port number 70000 > 65535 (where `port` = 70000)"
        ),
    }


def test_a_fault_of_every_value_is_told_once(folder: Path) -> None:
    assert faults(folder, FILE.replace("8080, 9090, 7007", "a, b, c").replace("tcp port ${port}", "tcp port 1")) == [
        "13:30 steps[1].until.listening.tcp: wanted a whole number; found the text `a`",
        "19:52 checks.there.tcp.handshake.to.port: wanted a whole number; found the text `a`",
    ]


def test_an_unknown_name_comes_with_the_nearest(folder: Path) -> None:
    assert faults(folder, FILE.replace("at ${port}", "at ${prot}")) == [
        "9:56 programs.server.run[4]: `vary` gives no `prot`; did you mean `port`?; a literal `${` is written `$${`"
    ]


@pytest.mark.parametrize("text", ["${port", "a ${", "${po{rt}"])
def test_a_name_without_end_is_a_fault(folder: Path, text: str) -> None:
    (fault,) = faults(folder, FILE.replace("at ${port}", text))
    assert fault.startswith("9:56 programs.server.run[4]: `${` without its `}`")


@pytest.mark.parametrize(("inside", "place"), [("{tcp: ${port}}", "13:30"), ("[${port}]", "13:25")])
def test_without_quotes_in_braces_it_is_told_what_is_wrong(folder: Path, inside: str, place: str) -> None:
    (fault,) = faults(folder, FILE.replace('{tcp: "${port}"}', inside))
    assert fault == f"{place} : in braces and brackets a value with `${{` stands in quotes"


def test_without_vary_no_name_is_known(folder: Path) -> None:
    plain = "title: x\nhosts: {a: {}}\nprograms: {p: {host: a, run: [sh, -c, 'echo ${HOME}']}}\nsteps: [start: p]\n"
    assert faults(folder, plain) == [
        "3:39 programs.p.run[3]: `vary` gives no `HOME`; there is none; a literal `${` is written `$${`"
    ]


def test_a_name_that_nothing_uses_is_a_fault(folder: Path) -> None:
    assert faults(folder, FILE.replace("  port:", "  spare: [1, 2]\n  port:")) == [
        "4:3 vary.spare: nothing uses it; write `${spare}` where the value is wanted, or leave it out"
    ]


def test_too_many_and_too_long_values_are_refused(folder: Path) -> None:
    for values in (", ".join(map(str, range(1, 26))), f"a, {'b' * 201}"):
        (fault,) = faults(folder, FILE.replace("8080, 9090, 7007", values))
        assert fault == "4:9 vary.port: at most 24 values, of at most 200 characters each"


def test_a_kept_scenario_is_read_by_its_seed_alone(folder: Path) -> None:
    (folder / "second.txt").touch()
    text = FILE.replace("  port:", "  name: [first.txt, second.txt]\n  port:") + (
        '  same: {file: {host: alice, path: x, same_as: "${name}"}}\n'
    )
    assert "no file `first.txt`" in faults(folder, text, seed=1)[0]
    kept = loaded(folder, text, seed=1, kept_as="other")
    assert kept.checks["same"].params.same_as == "second.txt"
