from pathlib import Path

import pytest
from pydantic import ValidationError

from lab import outcomes, record
from lab.damage import damage
from lab.errors import RecordError
from lab.text import Text

ENGINE = '{"name": "x", "version": "1", "kernel": "6", "architecture": "a"'


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        ("", "line 1: this is not JSON", "第 1 行：不是 JSON"),
        ('{\n"lab": ]', "line 2: this is not JSON", "第 2 行：不是 JSON"),
        ("[]", "top: this is no object", "顶层：这里不是对象"),
        ("{}", "lab: the key is missing", "lab：缺少这个键"),
        ('{"lab": 7}', "lab: this is no text", "lab：这里不是文本"),
        ('{"format": "x"}', "format: this is no whole number", "format：这里不是整数"),
        ('{"format": 1.5}', "format: this is no whole number", "format：这里不是整数"),
    ],
)
def test_a_damaged_record(tmp_path: Path, content: str, en: str, zh: str) -> None:
    file = tmp_path / record.RECORD_FILE
    file.write_text(content)
    with pytest.raises(RecordError) as caught:
        record.load(tmp_path)
    assert caught.value.what.en == f"{file} is damaged: {en}"
    assert caught.value.what.zh == f"{file} 已损坏：{zh}"


@pytest.mark.parametrize(
    ("content", "en", "zh"),
    [
        ("{", "line 1: this is not JSON", "第 1 行：不是 JSON"),
        ('{"format": 1}', "outcome: the key is missing", "outcome：缺少这个键"),
        ('{"format": 1, "outcome": 7}', "outcome: this is no object", "outcome：这里不是对象"),
    ],
)
def test_a_damaged_result(tmp_path: Path, content: str, en: str, zh: str) -> None:
    file = tmp_path / outcomes.RESULT_FILE
    file.write_text(content)
    with pytest.raises(RecordError) as caught:
        outcomes.load_outcome(tmp_path)
    assert caught.value.what.en == f"{file} is damaged: {en}"
    assert caught.value.what.zh == f"{file} 已损坏：{zh}"


def test_a_missing_file_is_told_in_chinese_too(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as of_record:
        record.load(tmp_path)
    with pytest.raises(RecordError) as of_result:
        outcomes.load_outcome(tmp_path)
    assert of_record.value.what.zh == f"{tmp_path} 不是运行目录：没有这个文件或文件夹"
    assert of_result.value.what.zh == f"无法读取 {tmp_path / outcomes.RESULT_FILE}：没有这个文件或文件夹"


@pytest.mark.parametrize(
    ("model", "content", "en", "zh"),
    [
        (record.EngineFacts, ENGINE + ', "odd": 1}', "odd: an unknown key", "odd：未知的键"),
        (
            record.FileFacts,
            '{"path": "/", "kind": "odd"}',
            "kind: not one of the values that can stand here",
            "kind：不是此处允许的值",
        ),
    ],
)
def test_an_unknown_key_and_a_wrong_word(model: type[record.Fact], content: str, en: str, zh: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(content)
    assert damage(caught.value) == Text(en, zh)
