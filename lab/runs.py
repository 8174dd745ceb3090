"""Run directories: `runs/<scenario>/<time>-<id>/`, the newest as `latest`, and what dead runs left behind.

A run holds a lock on its directory as long as its process lives; the kernel drops it also after
kill -9. So the next command knows a dead run's containers by their label and its free lock.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from lab import capture
from lab.engine import Engine, Found
from lab.errors import InputError, LabError, RecordError
from lab.oserrors import why
from lab.record import RECORD_FILE
from lab.scenario import Scenario
from lab.text import Text, say

RUN_LABEL = "socket-lab.run"
FOLDER_LABEL = "socket-lab.folder"
SCENARIO_LABEL = "socket-lab.scenario"
ROLE_LABEL = "socket-lab.role"
LOCK_FILE = ".running"
LIVE_FILE = ".live"
"""What is told of a run while it goes on."""
WATCHED_FILE = ".watched"
"""Somebody looks on."""
LATEST = "latest"


def labels_of(scenario: Scenario, folder: Path) -> dict[str, str]:
    """The labels of every container of a run."""
    return {RUN_LABEL: folder.name, FOLDER_LABEL: str(folder), SCENARIO_LABEL: scenario.name}


@contextmanager
def new_folder(runs: Path, scenario: str, keep: Mapping[str, bytes] | None = None) -> Iterator[Path]:
    """A run directory of its own, locked for as long as the block runs; once it has a record `latest` points at it.

    `keep` are files (path in the directory -> content) that stand beside a record. A directory in which nothing
    was left is removed again.
    """
    folder = runs / scenario / _name_of_now()
    try:
        folder.mkdir(parents=True)
        lock = (folder / LOCK_FILE).open("w")
    except OSError as error:
        raise LabError(
            say("{folder} cannot be written: {why}", "无法写入 {folder}：{why}", folder=folder, why=why(error)),
            remedy_of(error),
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            _remove_passing(folder)
            if (folder / RECORD_FILE).is_file():
                _write(folder, keep or {})
                _point_latest_at(folder)
            elif not any(folder.iterdir()):
                folder.rmdir()


def _name_of_now() -> str:
    """The name of a run that begins: names of one scenario sort by time, and no two runs at once share one."""
    now = time.time()
    second = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{second}-{int(now % 1 * 0x1000):03x}{secrets.randbits(12):03x}"


def remedy_of(error: OSError) -> Text | None:
    """What to do where the disk is full."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    return say("`lab clean --runs` removes old runs", "`lab clean --runs` 会删除旧的运行记录")


def find(runs: Path, name: str, run: str | None = None) -> Path:
    """The run directory of a scenario: a named run, else the latest. Raises `InputError` where there is none."""
    folder = runs / name / (run or LATEST)
    if not (folder / RECORD_FILE).is_file():
        if run is not None:
            raise InputError(say("{name} has no run `{run}`", "{name} 没有名为 `{run}` 的运行", name=name, run=run))
        raise RecordError(
            say("{name} has not been run yet", "{name} 还没有运行过", name=name),
            say("`make scenario NAME={name}`", "`make scenario NAME={name}`", name=name),
        )
    return folder.resolve()


def dead(engine: Engine) -> dict[str, list[Found]]:
    """The containers of dead runs, by run."""
    found: dict[str, list[Found]] = {}
    for container in engine.containers(RUN_LABEL):
        found.setdefault(container.labels[RUN_LABEL], []).append(container)
    return {run: containers for run, containers in found.items() if _dead(containers)}


def _dead(containers: Sequence[Found]) -> bool:
    """Whether the run of these containers is dead: where its directory tells nothing, they have all ended."""
    folder = _folder_of(containers)
    return not alive(folder) or (_gone_with_its_scenario(folder) and all(each.ended for each in containers))


def _folder_of(containers: Sequence[Found]) -> Path:
    return Path(containers[0].labels[FOLDER_LABEL])


def _gone_with_its_scenario(folder: Path) -> bool:
    """Whether the directory above that of a run is missing too: removed, or on another machine."""
    try:
        folder.parent.stat()
    except FileNotFoundError:
        return True
    except OSError:  # somebody else's
        return False
    return False


def counted(dead_runs: int) -> Text:
    """A number of dead runs, in words."""
    en = "{n} dead run" if dead_runs == 1 else "{n} dead runs"
    return say(en, " {n} 个已中止的运行", n=dead_runs)


def sweep(engine: Engine) -> list[str]:
    """Remove the containers of dead runs, taking out the captures that they left; the runs' names."""
    swept = dead(engine)
    for containers in swept.values():
        folder = _folder_of(containers)
        gone = _gone_with_its_scenario(folder)  # nobody wants its capture any more
        with nullcontext() if gone else _alone_with(folder):
            for container in containers:
                if container.labels.get(ROLE_LABEL) == "tap" and not gone:
                    _rescue(engine, container, folder)
                engine.remove(container.id)
    return sorted(swept)


def remove_all(runs: Path) -> int:
    """Remove the directories of all runs that are over; how many they were."""
    count = 0
    for folder in runs.glob("*/*/"):
        if folder.is_symlink() or alive(folder):
            continue
        shutil.rmtree(folder)
        count += 1
    for scenario in runs.glob("*/"):
        if not any(p.is_dir() and not p.is_symlink() for p in scenario.iterdir()):
            shutil.rmtree(scenario)
    return count


def alive(folder: Path) -> bool:
    """Whether the run of a directory goes on; one of another machine or user counts as alive, being somebody else's."""
    try:
        with (folder / LOCK_FILE).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return not os.access(folder.parent, os.W_OK)
    except (BlockingIOError, PermissionError):
        return True
    return False


@contextmanager
def _alone_with(folder: Path) -> Iterator[None]:
    """One command at a time clears up after a dead run; it had removed its directory if nothing was in it yet."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()
        os.close(descriptor)


def _rescue(engine: Engine, tap: Found, folder: Path) -> None:
    """Take the capture of a dead run out of its tap, as far as there is one."""
    if (folder / capture.CAPTURE_FILE).exists():
        return
    try:
        capture.take_out(engine, tap.id, folder)
    except (LabError, OSError):  # it died before it captured anything, or there is no room for it
        return
    finally:
        _remove_passing(folder)


def _remove_passing(folder: Path) -> None:
    """Remove what is there only while a run goes on."""
    for name in (WATCHED_FILE, LIVE_FILE, LOCK_FILE):
        (folder / name).unlink(missing_ok=True)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _point_latest_at(folder: Path) -> None:
    """`latest` always exists: it is replaced in one step."""
    link = folder.parent / f".{LATEST}-{folder.name}"
    link.symlink_to(folder.name)
    link.replace(folder.parent / LATEST)
