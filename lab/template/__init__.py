"""The scenario that `lab new NAME` begins with: the files beside, with the name put in.

They end in .txt so that no tool takes the programs, which are in students' style, for modules of the lab.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lab.errors import InputError
from lab.oserrors import why
from lab.text import say
from lab.values import NAME

FILES = ("scenario.yaml", "server.py", "client.py", "README.md", "README.zh.md")
PLACEHOLDER = "MY-LAB"


def write_template(folder: Path, name: str) -> list[Path]:
    """Write a commented scenario called `name`, which runs, to a new `folder`; its files, the scenario file first.

    Raises `InputError` where `name` cannot name a scenario, `folder` is there already, or cannot be written.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            say(
                "`{name}` cannot name a scenario: lower-case letters, digits and hyphens, a letter first, 31 at most",
                "`{name}` 不能作为场景名：只能用小写字母、数字和连字符，以字母开头，最多 31 个字符",
                name=name,
            )
        )
    try:
        folder.mkdir(parents=True)
        return [_write(folder / file, name) for file in FILES]
    except FileExistsError as error:
        raise InputError(say("{folder} exists already", "{folder} 已经存在", folder=folder)) from error
    except OSError as error:
        raise InputError(
            say("cannot write {folder}: {why}", "无法写入 {folder}：{why}", folder=folder, why=why(error))
        ) from error


def _write(file: Path, name: str) -> Path:
    text = resources.files("lab.template").joinpath(f"{file.name}.txt").read_text(encoding="utf-8")
    file.write_text(text.replace(PLACEHOLDER, name), encoding="utf-8")
    return file
