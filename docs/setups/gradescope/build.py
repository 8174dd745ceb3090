"""Make the zip that Gradescope takes as an autograder: `make autograder EXERCISE=… ENGINE=folder [OUT=autograder.zip]`.

    setup.sh  run_autograder  exercise.env  signing.pem  engine/…  socket-lab/: lab/ images/ scenarios/<exercise>/ …

The same files make the same zip, byte for byte.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lab.errors import InputError
from lab.grading import keys
from lab.loader import names
from lab.places import ROOT, SCENARIOS
from lab.text import language_of_locale, say

HERE = Path(__file__).resolve().parent
SCRIPTS = ("setup.sh", "run_autograder")
SETTINGS = "engine.env"
FILES = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
FOLDERS = ("lab", "images")
NOT_TAKEN = {"__pycache__", ".venv"}
WHEN = (1980, 1, 1, 0, 0, 0)
PROGRAM, FILE, SECRET = 0o100755, 0o100644, 0o100600


def build(exercise: str, engine: Path, out: Path) -> None:
    """Write the autograder of `exercise` to `out`; `engine` is the folder that says where the engine is.

    Raises `InputError` where there is no such exercise, or the folder has no engine.env.
    """
    if exercise not in names(SCENARIOS):
        raise InputError(say("no scenario is called `{name}`", "没有名为 `{name}` 的场景", name=exercise))
    if not (engine / SETTINGS).is_file():
        raise InputError(
            say(
                "Gradescope's containers have no engine: ENGINE= a folder whose engine.env says where one is",
                "Gradescope 的容器里没有引擎：请用 ENGINE= 给出一个文件夹，其中的 engine.env 说明引擎在哪里",
            )
        )
    with zipfile.ZipFile(out, "w") as made:
        for name in SCRIPTS:
            _add(made, name, (HERE / name).read_bytes(), PROGRAM)
        _add(made, "exercise.env", f"EXERCISE={exercise}\nLAB_LANGUAGE={language_of_locale()}\n".encode(), FILE)
        keys.signing_key()  # made where there is none yet
        _add(made, "signing.pem", keys.place().read_bytes(), SECRET)
        for file in sorted(engine.iterdir()):
            _add(made, f"engine/{file.name}", file.read_bytes(), SECRET)
        for file in sorted(_lab(exercise)):
            _add(made, f"socket-lab/{file.relative_to(ROOT).as_posix()}", file.read_bytes(), FILE)


def _lab(exercise: str) -> Iterator[Path]:
    yield from (ROOT / name for name in FILES)
    for folder in (*(ROOT / name for name in FOLDERS), SCENARIOS / exercise):
        yield from (f for f in folder.rglob("*") if f.is_file() and not NOT_TAKEN.intersection(f.parts))


def _add(made: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    member = zipfile.ZipInfo(name, WHEN)
    member.external_attr = mode << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    made.writestr(member, content)


def main() -> int:
    """The exit code: 2 where the call is wrong."""
    exercise, engine, out = sys.argv[1:]
    try:
        build(exercise, Path(engine), Path(out))
    except InputError as error:
        print(error.what.in_(language_of_locale()), file=sys.stderr)
        return error.exit_code
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
