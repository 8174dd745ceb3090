"""What the lab needs of the machine: what is there, what is missing, the remedy, and the mending.

`ready` is what every command that runs something begins with: where an engine answers and the
images are there it costs a few milliseconds.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import images, runs
from lab.dockerengine import connect
from lab.engine import Engine
from lab.errors import EngineMissing, LabError
from lab.places import RUNS
from lab.text import Text, same, say

PACKAGES = ("docker.io", "iptables", "mmdebstrap", "ca-certificates")
ENGINE_WITHIN = 60.0  # seconds for a daemon that was just started to answer
DAEMON_LOG = Path("/var/log/socket-lab-dockerd.log")
SYSTEMD = Path("/run/systemd/system")
ENOUGH_DISK = 2 << 30
Progress = Callable[[Text], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the lab needs; without an `optional` one it works all the same.

    `remedy` says what to do where it is not `ok`. `mend` does it, once the `question` (its mark left out) was put.
    """

    name: Text
    ok: bool
    found: Text
    remedy: Text | None = None
    mend: Callable[[Progress], object] | None = None
    question: Text | None = None
    optional: bool = False


def ready(progress: Progress, may_mend: Callable[[Text], bool]) -> Engine:
    """An engine that answers, after a sweep of what dead runs left; started or installed if need be and allowed.

    `may_mend` is asked before anything is installed or started. Raises `EngineMissing` with the remedy.
    """
    try:
        engine = connect()
    except EngineMissing as missing:
        if not can_mend() or not may_mend(_mending()):
            raise
        with alone():
            engine = _engine_up(progress, missing)
    runs.sweep(engine)
    return engine


def ensure_images(engine: Engine, wanted: list[str], progress: Progress) -> dict[str, str]:
    """`lab.images.ensure`, built by one command at a time."""
    if all(engine.image(images.tag(name)) is not None for name in wanted):
        return images.ensure(engine, wanted, progress)
    with alone():
        if can_mend() and shutil.which(images.BOOTSTRAP[0]) is None:
            install(progress)
        return images.ensure(engine, wanted, progress)


def install(progress: Progress, packages: Sequence[str] = PACKAGES) -> None:
    """Install Debian packages, as root. Raises `LabError` with what apt-get said."""
    progress(say("installing {packages}", "正在安装 {packages}", packages=", ".join(packages)))
    _command("apt-get", "update", "-q")
    _command("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)


@contextmanager
def alone() -> Iterator[None]:
    """One command at a time installs, starts and builds; the others wait and then find it done."""
    RUNS.mkdir(exist_ok=True)
    with (RUNS / ".set-up").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def can_mend() -> bool:
    """Whether the lab may install and start an engine here: Debian or Ubuntu, as root, no DOCKER_HOST given."""
    return _is_debian() and os.geteuid() == 0 and "DOCKER_HOST" not in os.environ


def examine() -> Iterator[Finding]:
    """Every thing that the lab needs, in the order in which they would be mended."""
    yield _python()
    try:
        engine = connect()
    except EngineMissing as missing:
        yield Finding(
            say("engine", "引擎"),
            ok=False,
            found=missing.what,
            remedy=_mending() if can_mend() else _by_hand(missing),
            mend=_engine_and_images if can_mend() else None,
            question=_mending(),
        )
    else:
        yield from _of_engine(engine)
    yield _bpf()
    yield _disk()


def mend(findings: Iterable[Finding], progress: Progress, may_mend: Callable[[Text], bool]) -> bool:
    """Mend what can be mended and is allowed; whether anything was."""
    done = False
    for finding in findings:
        if finding.mend is not None and (finding.question is None or may_mend(finding.question)):
            finding.mend(progress)
            done = True
    return done


def _engine_and_images(progress: Progress) -> None:
    """Mend all that a missing engine hides."""
    ensure_images(ready(progress, lambda _: True), images.names(), progress)


def _of_engine(engine: Engine) -> Iterator[Finding]:
    facts = engine.facts()
    there = f"{facts.name} {facts.version}, {facts.architecture}, kernel {facts.kernel}"
    yield Finding(say("engine", "引擎"), ok=True, found=same(there))
    for name in images.names():
        tag = images.tag(name)
        there_is = engine.image(tag) is not None
        yield Finding(
            say("image {name}", "镜像 {name}", name=name),
            ok=there_is,
            found=same(tag) if there_is else say("not built yet", "尚未构建"),
            remedy=None if there_is else say("the next run builds it", "下次运行时会构建"),
            mend=None if there_is else partial(ensure_images, engine, [name]),
            question=say("build image {name}", "构建镜像 {name}", name=name),
            optional=True,
        )
    left = runs.dead(engine)
    yield Finding(
        say("leftovers", "遗留物"),
        ok=not left,
        found=say("containers of {dead}", "{dead}的容器", dead=runs.counted(len(left))) if left else say("none", "无"),
        remedy=same("lab clean") if left else None,
        mend=(lambda _: runs.sweep(engine)) if left else None,
        question=say("clean up {dead}", "清除{dead}", dead=runs.counted(len(left))),
    )


def _python() -> Finding:
    return Finding(say("Python", "Python"), ok=True, found=same(f"{sys.version.split()[0]}, {sys.prefix}"))


def _bpf() -> Finding:
    from lab.checks.expression import compile_error

    name = say("BPF expressions", "BPF 表达式")
    try:
        why = compile_error("tcp port 80")
    except LabError as error:
        return Finding(name, ok=False, found=error.what, remedy=error.remedy)
    return Finding(name, ok=why is None, found=say("libpcap is there", "libpcap 可用") if why is None else same(why))


def _disk() -> Finding:
    folder = RUNS if RUNS.exists() else RUNS.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        say("disk", "磁盘"),
        ok=free >= ENOUGH_DISK,
        found=say(
            "{free:.0f} GiB free in {folder}",
            "{folder} 可用空间 {free:.0f} GiB",
            folder=folder,
            free=free / (1 << 30),
        ),
        remedy=None
        if free >= ENOUGH_DISK
        else say("`lab clean --runs` removes old runs", "`lab clean --runs` 会删除旧的运行记录"),
    )


def _engine_up(progress: Progress, missing: EngineMissing) -> Engine:
    """Install what is missing, start the daemon, wait until it answers; nothing if another command has done it."""
    with suppress(EngineMissing):
        return connect()
    if shutil.which("dockerd") is None or shutil.which("iptables") is None:
        install(progress)
    progress(say("starting the container engine", "正在启动容器引擎"))
    if SYSTEMD.is_dir():
        _command("systemctl", "start", "docker")
        daemon = None
    else:
        with DAEMON_LOG.open("ab") as log:
            daemon = subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
            )
    deadline = time.monotonic() + ENGINE_WITHIN
    while time.monotonic() < deadline:
        try:
            return connect()
        except EngineMissing as still:
            missing = still
        if daemon is not None and daemon.poll() is not None:
            raise EngineMissing(
                say(
                    "the container engine ended at once: {why}",
                    "容器引擎启动后立即退出：{why}",
                    why=_last_line(DAEMON_LOG),
                ),
                say("see {log}", "请查看 {log}", log=DAEMON_LOG),
            )
        time.sleep(0.1)
    raise missing


def _command(*argv: str) -> None:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    )
    if done.returncode:
        why = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise LabError(say("`{command}` failed: {why}", "`{command}` 失败：{why}", command=" ".join(argv), why=why))


def _mending() -> Text:
    if shutil.which("dockerd"):
        return say("start the container engine (dockerd)", "启动容器引擎（dockerd）")
    return say("install Debian's docker.io and start it", "安装 Debian 的 docker.io 并启动")


def _by_hand(missing: EngineMissing) -> Text | None:
    """The one thing that the user has to do where the lab cannot."""
    if "DOCKER_HOST" in os.environ or missing.remedy is None or "doctor" not in str(missing.remedy):
        return missing.remedy
    if sys.platform == "darwin":
        return say("start Docker Desktop", "启动 Docker Desktop")
    if _is_debian():
        return say(
            "as root: `apt-get install docker.io iptables mmdebstrap`",
            "以 root 执行：`apt-get install docker.io iptables mmdebstrap`",
        )
    return say(
        "install Docker (docs.docker.com/engine/install) and start it",
        "安装 Docker（docs.docker.com/engine/install）并启动",
    )


def _is_debian() -> bool:
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    words = {
        w.strip('"')
        for line in release.splitlines()
        if line.startswith(("ID=", "ID_LIKE="))
        for w in line.partition("=")[2].split()
    }
    return bool(words & {"debian", "ubuntu"})


def _last_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1]
    except (OSError, IndexError):
        return "-"
