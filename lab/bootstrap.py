"""Make the virtual environment: run by make with the machine's own python3, so only the standard library is used.

    python3 lab/bootstrap.py .venv [extra]

Packages are those of pyproject.toml at the versions of constraints.txt. On Debian or Ubuntu as root
it installs python3-venv where that is missing.
"""

import locale
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (3, 11)


def main(folder: Path, extra: str) -> int:
    """Make or bring up to date the environment in `folder`; the exit code."""
    if sys.version_info < NEEDED:
        return fail(
            f"the lab needs Python {NEEDED[0]}.{NEEDED[1]} or newer; this is {sys.version.split()[0]}",
            f"实验室需要 Python {NEEDED[0]}.{NEEDED[1]} 或更新版本；当前是 {sys.version.split()[0]}",
        )
    if not (folder / "bin" / "pip").exists():
        tell("making the virtual environment", "正在创建虚拟环境")
        if not make_environment(folder):
            return fail(
                "python3 cannot make virtual environments: as root, `apt-get install python3-venv`",
                "python3 无法创建虚拟环境：请以 root 执行 `apt-get install python3-venv`",
            )
    tell("installing the lab's Python packages", "正在安装实验室所需的 Python 包")
    wanted = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [
        str(folder / "bin" / "pip"),
        "install",
        "-q",
        "--disable-pip-version-check",
        "-c",
        str(ROOT / "constraints.txt"),
        "-e",
        wanted,
    ]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        return fail("pip failed: " + last_line(done.stderr), "pip 失败：" + last_line(done.stderr))
    return 0


def make_environment(folder: Path) -> bool:
    """Whether there is an environment now. Half of one, left by a python3 without ensurepip, is made anew."""
    if venv(folder):
        return True
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    tell("installing python3-venv", "正在安装 python3-venv")
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "python3-venv"]):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", *command], capture_output=True, check=False, env=environment)
    return venv(folder)


def venv(folder: Path) -> bool:
    """Try `python3 -m venv`."""
    return (
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, check=False).returncode
        == 0
    )


def tell(en: str, zh: str) -> None:
    """One line of progress, in the language of the locale."""
    print("  " + (zh if chinese() else en) + " …", file=sys.stderr, flush=True)


def fail(en: str, zh: str) -> int:
    """Say why it cannot go on; the exit code for that."""
    print(zh if chinese() else en, file=sys.stderr)
    return 3


def chinese() -> bool:
    """Whether the locale is a Chinese one."""
    name = next((v for n in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(n))), locale.getlocale()[0] or "")
    return name.lower().startswith("zh")


def last_line(text: str) -> str:
    """The last line that says something, which is where pip puts the reason."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("hint:", "note:"))]
    return lines[-1] if lines else "?"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "".join(sys.argv[2:])))
