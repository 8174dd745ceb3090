"""A real scheduler and real workers of dask, in this process but with TCP between them; what they run is a stand-in."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster, Worker, get_worker

from lab import arguments
from lab.edition import edition
from lab.errors import InputError, LabError
from lab.grading import cluster
from lab.grading.cluster import Cluster, connected
from lab.grading.machine import Said, Sent
from lab.grading.task import Answer, Task
from lab.record import Words
from lab.submissions import Student, Submission
from lab.text import say

pytestmark = pytest.mark.filterwarnings(
    "ignore:Port 8787 is already in use",  # of the dashboard, which is not asked for
    "ignore:unclosed:ResourceWarning",  # sockets of workers that a test ends abruptly
)
SCENARIO = arguments.scenario("tcp-multiclient")
OK = Answer(failed=Words.of(say("stood in", "替身")))


def tasks(count: int) -> list[Task]:
    return [Task.of(Submission(Student(s, s), {"server.py": s.encode()}), "x", 1) for s in map(str, range(count))]


def here() -> str:
    return str(get_worker().address)


class Worked:
    """What workers were asked, and what they do with it instead of grading."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.instead: Callable[[Task], Any] = lambda _: OK
        self.versions: set[str] = set()

    def __call__(self, lab: str, text: str, worker: str) -> Any:
        task = Sent.model_validate_json(text).task
        self.versions.add(lab)
        self.asked.append((task.slug, worker))
        said = self.instead(task)
        return Said(worker=worker, answer=said).model_dump_json() if isinstance(said, Answer) else said


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Worked:
    worked = Worked()
    monkeypatch.setattr(cluster.machine, "answer", worked)
    monkeypatch.setattr(cluster, "LOOK", 0.1)
    return worked


def local(**more: Any) -> LocalCluster:
    options = {"n_workers": 2, "threads_per_worker": 1, "resources": {"lab": 1}} | more
    return LocalCluster(processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=None, **options)


@pytest.fixture(scope="module")
def two() -> Iterator[LocalCluster]:
    with local() as two:
        yield two


class Told:
    """What was given out, and what a caller was told."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: dict[str, Answer] = {}
        self.most = 0

    def run(self, workers: Cluster, given: list[Task], *, alone: bool = False) -> None:
        give = workers._give

        def give_out(task: Task, *rest: Any) -> None:
            self.began += [task.slug] * (task.slug not in self.began)
            self.most = max(self.most, len(self.began) - len(self.ended))
            give(task, *rest)

        workers._give = give_out
        workers.run(given, ended=self._ended, alone=alone)

    def _ended(self, task: Task, answer: Answer) -> None:
        assert threading.current_thread() is threading.main_thread()
        assert task.slug not in self.ended
        self.ended[task.slug] = answer


def until(happened: Callable[[], Any]) -> None:
    clock, deadline = threading.Event(), time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        clock.wait(0.02)


def why(answer: Answer) -> str:
    assert answer.failed is not None
    return answer.failed.en


def test_every_task_is_answered_once(two: LocalCluster, worked: Worked) -> None:
    told = Told()
    with connected(two.scheduler_address, SCENARIO) as workers:
        assert workers.at_once == 2
        told.run(workers, tasks(9))
    assert told.began == [*map(str, range(9))]
    assert told.ended == dict.fromkeys(told.began, OK)
    assert told.most == 2
    assert max(Counter(slug for slug, _ in worked.asked).values()) == 1
    assert len({worker for _, worker in worked.asked}) == 2
    assert worked.versions == {edition()}


class Trap:
    """Unpickling it writes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return Path.touch, (self.file,)


def test_a_result_that_is_no_text_is_refused_and_never_unpickled(
    two: LocalCluster, worked: Worked, tmp_path: Path
) -> None:
    sprung = tmp_path / "sprung"
    worked.instead = lambda _: Trap(sprung)
    told = Told()
    with connected(two.scheduler_address, SCENARIO) as workers:
        told.run(workers, tasks(3))
    assert {why(answer) for answer in told.ended.values()} == {"a worker said what is no answer"}
    assert not sprung.exists()
    with Client(two.scheduler_address, set_as_default=False) as careless:
        careless.submit(Trap, sprung, pure=False).result()
    assert sprung.exists()


@pytest.mark.parametrize("said", ["", "{}", '{"worker": 1}', b"{}", 7, None, {"worker": "w", "answer": {}}, ["x"]])
def test_a_result_that_is_no_answer_is_refused(two: LocalCluster, worked: Worked, said: Any) -> None:
    worked.instead = lambda _: said
    told = Told()
    with connected(two.scheduler_address, SCENARIO) as workers:
        told.run(workers, tasks(1))
    assert why(told.ended["0"]) == "a worker said what is no answer"


def test_what_a_worker_raises_is_an_answer(two: LocalCluster, worked: Worked) -> None:
    def broken(_: Task) -> Answer:
        raise RuntimeError("no room\nat all")

    worked.instead = broken
    told = Told()
    with connected(two.scheduler_address, SCENARIO) as workers:
        told.run(workers, tasks(2))
    assert {why(answer) for answer in told.ended.values()} == {"the worker failed: no room"}


def test_a_lost_worker_gives_its_tasks_to_others(worked: Worked) -> None:
    with local() as two, connected(two.scheduler_address, SCENARIO) as workers:
        lost, over = two.workers[0], threading.Event()

        def instead(_: Task) -> Answer:
            if here() == lost.address:
                two.loop.add_callback(lost.close, executor_wait=False, nanny=False)
                over.wait(30)
            return OK

        worked.instead = instead
        told = Told()
        told.run(workers, tasks(5))
        over.set()
    assert told.ended == dict.fromkeys(told.began, OK)
    assert told.began == [*map(str, range(5))]
    again = [slug for slug, times in Counter(slug for slug, _ in worked.asked).items() if times > 1]
    assert next(worker for slug, worker in worked.asked if slug in again) == lost.address


def unfit(worker: str) -> str:
    failed = Answer(failed=Words.of(say("{worker}: another checkout", "{worker}：检出不同", worker=worker)))
    return Said(worker=worker, answer=failed, fit=False).model_dump_json()


def test_a_worker_that_is_not_fit_is_asked_once(worked: Worked) -> None:
    with local() as two, connected(two.scheduler_address, SCENARIO) as workers:
        other = two.workers[0].address
        worked.instead = lambda _: unfit(here()) if here() == other else OK
        told = Told()
        told.run(workers, tasks(8))
        failed = [slug for slug, answer in told.ended.items() if answer != OK]
        assert len(told.ended) == 8
        assert len(failed) == 1
        assert why(told.ended[failed[0]]) == f"{other}: another checkout"
        assert [worker for _, worker in worked.asked].count(other) == 1
        again = Told()
        again.run(workers, [task for task in tasks(8) if task.slug in failed], alone=True)
        assert again.ended == {failed[0]: OK}


def test_what_only_a_lost_worker_could_have_is_given_to_one_that_comes(worked: Worked) -> None:
    with local() as two, connected(two.scheduler_address, SCENARIO) as workers:
        over, bad, lost = threading.Event(), two.workers[0].address, two.workers[1]

        def instead(_: Task) -> Any:
            if here() == bad:
                return unfit(bad)
            if here() == lost.address and [worker for _, worker in worked.asked].count(lost.address) == 3:
                two.scale(3)
                two.loop.add_callback(lost.close, executor_wait=False, nanny=False)
                over.wait(30)
            return OK

        worked.instead = instead
        told = Told()
        told.run(workers, tasks(8))
        over.set()
    assert len(told.ended) == 8
    assert list(told.ended.values()).count(OK) >= 6


def test_where_no_worker_is_fit_it_is_said_at_once(worked: Worked) -> None:
    worked.instead = lambda _: unfit(here())
    told = Told()
    with (
        local() as two,
        connected(two.scheduler_address, SCENARIO) as workers,
        pytest.raises(LabError, match="another checkout") as raised,
    ):
        told.run(workers, tasks(8))
    assert raised.value.exit_code == 3
    assert len(told.ended) == len(worked.asked) == 2


def test_a_rerun_is_alone_and_not_where_it_failed(two: LocalCluster, worked: Worked) -> None:
    told = Told()
    with connected(two.scheduler_address, SCENARIO) as workers:
        told.run(workers, tasks(4))
        first = dict(worked.asked)
        worked.asked.clear()
        again = Told()
        again.run(workers, tasks(4), alone=True)
    assert again.most == 1
    assert all(first[slug] != worker for slug, worker in worked.asked)
    assert len(again.ended) == 4


@pytest.mark.parametrize("options", [{"n_workers": 0}, {"resources": {"other": 1}}])
def test_without_workers_it_ends_after_a_while(worked: Worked, options: dict[str, Any]) -> None:
    with local(**options) as none, Client(none.scheduler_address, set_as_default=False) as client:
        began = time.monotonic()
        with pytest.raises(LabError, match="no worker with the resource `lab`") as raised:
            Cluster(client, none.scheduler_address, SCENARIO, patience=0.5).run(tasks(2), ended=lambda *_: None)
    assert raised.value.exit_code == 3
    assert time.monotonic() - began > 0.5
    assert worked.asked == []


def test_a_worker_that_comes_later_has_its_share(worked: Worked) -> None:
    with local(n_workers=1) as growing, connected(growing.scheduler_address, SCENARIO) as workers:
        come = threading.Event()

        def instead(_: Task) -> Answer:
            if here() == first:
                growing.scale(2)
                come.wait(30)
            else:
                come.set()
            return OK

        first = growing.workers[0].address
        worked.instead = instead
        told = Told()
        told.run(workers, tasks(3))
    assert come.is_set()
    assert len(told.ended) == 3


def test_an_interrupt_cancels_what_goes_on(two: LocalCluster, worked: Worked) -> None:
    over = threading.Event()

    def instead(task: Task) -> Answer:
        if task.slug != "0":
            over.wait(30)
        return OK

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    worked.instead = instead
    with connected(two.scheduler_address, SCENARIO) as workers:
        with pytest.raises(KeyboardInterrupt) as raised:
            workers.run(tasks(20), ended=interrupted)
        until(lambda: {task.state for task in two.scheduler.tasks.values()} <= {"memory"})
        assert raised.traceback
        assert len(worked.asked) <= 2
        over.set()
        told = Told()
        told.run(workers, tasks(2))
        assert len(told.ended) == 2


def test_workers_without_the_resource_get_nothing(worked: Worked) -> None:
    with local(n_workers=1) as mixed, connected(mixed.scheduler_address, SCENARIO) as workers:
        graders = {worker.address for worker in mixed.workers.values()}
        mixed.worker_spec["bare"] = {"cls": Worker, "options": {"nthreads": 4, "host": "127.0.0.1"}}
        mixed.scale(2)
        mixed.wait_for_workers(2, timeout=30)
        assert workers.at_once == 1
        Told().run(workers, tasks(6))
    assert {worker for _, worker in worked.asked} == graders


def test_a_scheduler_that_goes_away_is_said(worked: Worked) -> None:
    over = threading.Event()
    with local() as two, connected(two.scheduler_address, SCENARIO) as workers:

        def instead(_: Task) -> Answer:
            two.loop.add_callback(two.scheduler.close)
            over.wait(5)
            return OK

        worked.instead = instead
        try:
            with pytest.raises(LabError, match="is gone") as raised:
                workers.run(tasks(4), ended=lambda *_: None)
        finally:
            over.set()
    assert raised.value.exit_code == 3


def test_nobody_answers() -> None:
    with pytest.raises(LabError, match="no scheduler answers at tcp://127") as raised:
        connected("tcp://127.0.0.1:9", SCENARIO).__enter__()
    assert raised.value.exit_code == 3


def test_tls_without_certificates() -> None:
    with pytest.raises(LabError, match="wants certificates"):
        connected("tls://127.0.0.1:9", SCENARIO).__enter__()


def test_without_dask_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LabError, match=r"pip install 'socket-lab\[cluster\]'"):
        connected("tcp://127.0.0.1:9", SCENARIO).__enter__()


@pytest.mark.parametrize("address", ["", "foo", "127.0.0.1:8786", "tcp://x", "tcp://x:y", "http://x:1", "tcp://[:1"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InputError, match="no address of a scheduler"):
        cluster.check(address)


def test_jobs_are_for_one_machine() -> None:
    with pytest.raises(InputError, match="--jobs and --scheduler"):
        cluster.check("tcp://x:1", 2)
