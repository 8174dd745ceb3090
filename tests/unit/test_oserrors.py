import errno
import re

import pytest

from lab.oserrors import CHINESE, why
from lab.text import Text


@pytest.mark.parametrize(
    ("number", "en", "zh"),
    [
        (errno.ENOENT, "No such file or directory", "没有这个文件或文件夹"),
        (errno.EISDIR, "Is a directory", "是文件夹"),
        (errno.ENOTDIR, "Not a directory", "不是文件夹"),
        (errno.EACCES, "Permission denied", "权限不够"),
        (errno.ENOSPC, "No space left on device", "磁盘空间不足"),
        (errno.ENAMETOOLONG, "File name too long", "文件名过长"),
        (errno.EIO, "Input/output error", "输入/输出错误"),
        (errno.ELOOP, "Too many levels of symbolic links", "符号链接层数过多"),
    ],
)
def test_the_common_reasons(number: int, en: str, zh: str) -> None:
    assert why(OSError(number, en, "a file")) == Text(en, zh)


def test_every_reason_has_chinese_words_of_its_own() -> None:
    assert all(re.search("[\u4e00-\u9fff]", zh) and not zh.isascii() for zh in CHINESE.values())
    assert len(set(CHINESE.values())) == len(CHINESE)


@pytest.mark.parametrize("error", [OSError("odd"), OSError(9999, "odd")])
def test_other_reasons_stay_as_they_are(error: OSError) -> None:
    assert why(error) == Text("odd", "odd")
