from __future__ import annotations

import fcntl
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_engine import FakeEngine, dead_run, left_behind, marker, pcap, tar

from lab import capture, runs
from lab.errors import EngineError, InputError, LabError, RecordError
from lab.record import RECORD_FILE
from lab.text import same


def recorded(folder: Path) -> None:
    (folder / RECORD_FILE).write_text("{}")


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """A run of another process, as its lock shows it."""
    with (folder / runs.LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# run directories


def test_a_run_has_a_folder_of_its_own_and_is_the_latest_when_it_is_over(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as folder:
        assert folder.parent == tmp_path / "tcp"
        recorded(folder)
        assert not (tmp_path / "tcp" / "latest").exists()
    assert (tmp_path / "tcp" / "latest").resolve() == folder
    assert [path.name for path in folder.iterdir()] == [RECORD_FILE]


def test_runs_side_by_side_have_folders_of_their_own(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as one, runs.new_folder(tmp_path, "tcp") as two:
        assert one != two


def test_the_newest_is_the_latest(tmp_path: Path) -> None:
    for _ in range(3):
        with runs.new_folder(tmp_path, "tcp") as folder:
            recorded(folder)
    assert (tmp_path / "tcp" / "latest").resolve() == folder
    assert not list((tmp_path / "tcp").glob(".latest*"))


def test_a_run_that_left_nothing_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(LabError), runs.new_folder(tmp_path, "tcp") as folder:
        raise LabError(same("no engine"))
    assert not folder.exists()


def test_a_run_without_record_is_not_the_latest(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as good:
        recorded(good)
    with pytest.raises(LabError), runs.new_folder(tmp_path, "tcp") as bad:
        (bad / capture.CAPTURE_FILE).touch()
        raise LabError(same("the engine stopped"))
    assert bad.exists()
    assert runs.find(tmp_path, "tcp") == good


def test_a_run_is_locked_while_it_goes_on(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as folder:
        assert runs.alive(folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tcp").touch()
    with pytest.raises(LabError, match="cannot be written: Not a directory") as error, runs.new_folder(tmp_path, "tcp"):
        pytest.fail("it cannot be made")
    assert error.value.exit_code == 3


def test_find_a_run_by_its_name(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as folder:
        recorded(folder)
    assert runs.find(tmp_path, "tcp", folder.name) == folder


def test_find_what_has_not_been_run(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="tcp has not been run yet: `make scenario NAME=tcp`"):
        runs.find(tmp_path, "tcp")
    with pytest.raises(InputError, match="tcp has no run `x`"):
        runs.find(tmp_path, "tcp", "x")


# dead runs


def test_the_containers_of_a_dead_run_are_removed(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    engine = FakeEngine()
    engine.found = [left_behind(folder, "host", 1), left_behind(folder, "host", 2), left_behind(folder, "tap")]
    engine.archives["tap1"] = tar({})
    assert runs.sweep(engine) == [folder.name]
    assert engine.removed == ["host1", "host2", "tap1"]


def test_the_capture_of_a_dead_run_is_saved_before_its_tap_is_removed(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    engine = FakeEngine()
    engine.found = [left_behind(folder, "tap")]
    engine.archives["tap1"] = tar({"lan.pcap": pcap([(1, marker("x"))])})
    runs.sweep(engine)
    assert engine.calls.index("copy_out tap1") < engine.calls.index("remove tap1")
    assert [path.name for path in folder.iterdir()] == [capture.CAPTURE_FILE]


def test_a_capture_that_was_saved_already_stays(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    (folder / capture.CAPTURE_FILE).write_bytes(b"saved")
    engine = FakeEngine()
    engine.found = [left_behind(folder, "tap")]
    runs.sweep(engine)
    assert (folder / capture.CAPTURE_FILE).read_bytes() == b"saved"
    assert engine.removed == ["tap1"]


@pytest.mark.parametrize("error", [EngineError(same("no such file: /capture")), OSError(28, "No space left on device")])
def test_a_dead_run_without_a_capture_to_save_is_removed_all_the_same(tmp_path: Path, error: Exception) -> None:
    folder = dead_run(tmp_path)
    engine = FakeEngine(fails={"copy_out": error})
    engine.found = [left_behind(folder, "tap"), left_behind(folder)]
    runs.sweep(engine)
    assert sorted(engine.removed) == ["host1", "tap1"]
    assert not folder.exists()


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    engine = FakeEngine()
    engine.found = [left_behind(folder, "tap")]
    with running(folder):
        assert runs.sweep(engine) == []
    assert engine.removed == []


def test_a_run_whose_process_was_killed_is_dead(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def run() -> None:
        with running(folder):
            theirs.send("running")
            theirs.recv()

    process = context.Process(target=run)
    process.start()
    ours.recv()
    assert runs.alive(folder)
    process.kill()
    process.join()
    assert not runs.alive(folder)


def test_a_run_of_another_machine_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    engine = FakeEngine()
    folder = tmp_path / "elsewhere" / "tcp" / "run"
    engine.found = [left_behind(folder, "host"), left_behind(folder, "tap", ended=False)]
    assert runs.sweep(engine) == []
    assert engine.removed == []


def test_what_has_ended_and_whose_folders_are_all_gone_is_dead(tmp_path: Path) -> None:
    engine = FakeEngine()
    folder = tmp_path / "elsewhere" / "tcp" / "run"
    engine.found = [left_behind(folder, "host"), left_behind(folder, "tap")]
    assert runs.sweep(engine) == ["run"]
    assert engine.removed == ["host1", "tap1"]
    assert not folder.parent.exists()


def test_a_run_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = dead_run(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert runs.alive(folder)


def test_a_run_whose_folder_was_deleted_is_dead(tmp_path: Path) -> None:
    folder = dead_run(tmp_path)
    engine = FakeEngine()
    engine.found = [left_behind(folder, "tap")]
    (folder / runs.LOCK_FILE).unlink()
    folder.rmdir()
    assert runs.sweep(engine) == [folder.name]
    assert engine.removed == ["tap1"]


def test_remove_all_spares_the_runs_that_go_on(tmp_path: Path) -> None:
    over = dead_run(tmp_path)
    alive = dead_run(tmp_path, "alive")
    with running(alive):
        assert runs.remove_all(tmp_path) == 1
    assert not over.exists()
    assert alive.exists()


def test_remove_all_leaves_no_empty_folders_nor_links(tmp_path: Path) -> None:
    with runs.new_folder(tmp_path, "tcp") as folder:
        recorded(folder)
    (tmp_path / "never-recorded").mkdir()
    assert runs.remove_all(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
