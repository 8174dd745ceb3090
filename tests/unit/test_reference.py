import re

import pytest
import yaml

from lab.checks import KINDS
from lab.reference import FOLDER, in_a_scenario, meaning, page, pages, write


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_page_is_right(kind: str):
    for content in (page(kind).en, page(kind).zh):
        (example,) = re.findall(r"```yaml\n(.*?)```", content, re.DOTALL)
        assert example.strip() == in_a_scenario(kind)
        (body,) = yaml.safe_load(example)["checks"].values()
        KINDS[kind].params.model_validate(body[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_told_in_both_languages(kind: str):
    for name, field in KINDS[kind].params.model_fields.items():
        told = meaning(field)
        assert told.en
        assert re.search(r"[\u4e00-\u9fff]", told.zh)
        for content in (page(kind).en, page(kind).zh):
            assert f"| `{field.alias or name}` |" in content


@pytest.mark.parametrize("name", pages())
def test_committed_pages_are_what_the_models_say(name: str):
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `python -m lab.reference`"


def test_no_page_is_left_over():
    assert {file.name for file in FOLDER.iterdir()} == set(pages())


def test_a_page_shows_values_defaults_and_what_is_inside():
    told = page("tcp.close").en
    assert "| `kind` | `fin`, `rst`, `any`, `open` | how it ended; `any` is fin or rst; `any` if left out |" in told
    assert "## Inside `to`, `from`" in told
    assert "| `host` | a host's name | a host of the scenario, by any of its addresses |" in told
    assert "| `host` | 主机名 | 主机（必填） |" in page("file").zh
    assert "| `program` | a program's name, or a list | the programs (required) |" in page("exit").en


def test_write(tmp_path):
    write(tmp_path / "checks")
    assert {file.name for file in (tmp_path / "checks").iterdir()} == set(pages())
