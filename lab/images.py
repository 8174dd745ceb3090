"""The images of the lab: made when missing, named by the hash of what they are made from.

`images/<name>/Dockerfile` stands on Debian 13: the registry's image where it can be reached, else
a root file system that mmdebstrap makes from Debian's packages, imported into the engine.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from lab.engine import Engine
from lab.errors import EngineError, ImageError
from lab.places import IMAGES
from lab.text import Text, say

SUITE = "trixie"
REGISTRY_BASE = f"debian:{SUITE}-slim"
BOOTSTRAP = ("mmdebstrap", "--variant=minbase", "--include=ca-certificates", SUITE)
REPOSITORY = "socket-lab"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
Progress = Callable[[Text], None]


def names() -> list[str]:
    """The images there are: folders of images/ with a Dockerfile."""
    return sorted(file.parent.name for file in IMAGES.glob("*/Dockerfile"))


def tag(name: str) -> str:
    """`socket-lab/<name>:<hash>`, the hash over every file of its folder and the base it stands on."""
    digest = hashlib.sha256(REGISTRY_BASE.encode())
    folder = IMAGES / name
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)} ".encode() + content)
    return f"{REPOSITORY}/{name}:{digest.hexdigest()[:12]}"


def ensure(engine: Engine, wanted: Iterable[str], progress: Progress) -> dict[str, str]:
    """The id (sha256 digest) of each wanted image, building those that the engine does not have.

    Raises `ImageError` with the last lines of a build that failed.
    """
    digests = {}
    for name in wanted:
        digest = engine.image(tag(name))
        if digest is None:
            _build(engine, name, progress)
            digest = engine.image(tag(name))
            if digest is None:
                raise ImageError(
                    say("image {name} is gone right after its build", "镜像 {name} 构建后消失了", name=name)
                )
        digests[name] = digest
    return digests


def remove_all(engine: Engine) -> int:
    """Remove every image of the lab, of whatever version; how many they were."""
    references = engine.images(REPOSITORY + "/")
    for reference in references:
        engine.remove_image(reference)
    return len(references)


def _build(engine: Engine, name: str, progress: Progress) -> None:
    base = _base(engine, progress)
    progress(say("building image {name}", "正在构建镜像 {name}", name=name))
    arguments = {"BASE": base} | {k: os.environ[k] for k in PROXIES if k in os.environ}

    def line(text: str) -> None:
        if step := re.match(r"Step (\d+/\d+) : (\w+)", text):
            progress(say("building image {name}: step {n}", "正在构建镜像 {name}：第 {n} 步", name=name, n=step[1]))

    engine.build(IMAGES / name, tag(name), arguments, line)


def _base(engine: Engine, progress: Progress) -> str:
    """The image to build on: one that is there, else the registry's, else one made here."""
    made = f"{REPOSITORY}/base:{hashlib.sha256(' '.join(BOOTSTRAP).encode()).hexdigest()[:12]}"
    for reference in (made, REGISTRY_BASE):
        if engine.image(reference) is not None:
            return reference
    progress(say("fetching {image}", "正在获取 {image}", image=REGISTRY_BASE))
    try:
        engine.pull(REGISTRY_BASE)
    except EngineError:
        _bootstrap(engine, made, progress)
        return made
    return REGISTRY_BASE


def _bootstrap(engine: Engine, reference: str, progress: Progress) -> None:
    """Make Debian's root file system from its packages and import it."""
    if shutil.which(BOOTSTRAP[0]) is None or os.geteuid() != 0:
        raise ImageError(
            say("{image} cannot be fetched from a registry", "无法从镜像仓库获取 {image}", image=REGISTRY_BASE),
            say(
                "on Debian or Ubuntu as root, `lab doctor --fix` installs mmdebstrap, which makes it from packages",
                "在 Debian 或 Ubuntu 上以 root 运行 `lab doctor --fix`，它会安装 mmdebstrap，用软件包制作镜像",
            ),
        )
    progress(
        say(
            "no registry can be reached; making Debian {suite} from its packages (about 15 s)",
            "无法连接镜像仓库；正在用软件包制作 Debian {suite}（约 15 秒）",
            suite=SUITE,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "root.tar"
        made = subprocess.run([*BOOTSTRAP, str(archive)], capture_output=True, text=True, check=False)
        if made.returncode:
            why = " / ".join(made.stderr.strip().splitlines()[-3:])
            raise ImageError(say("mmdebstrap failed: {why}", "mmdebstrap 失败：{why}", why=why))
        engine.load_root(archive, reference)
