"""Workers on other machines, by dask.distributed: the same batch over several engines.

What is sent is the name of a function of the lab and a JSON text; what comes back is a JSON text, which this side takes
as such or not at all. A worker that is lost gives its tasks to others. No more is given out than there is room for, so
that a worker that comes later has its share, and that little waits where it could be lost.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from lab.edition import edition
from lab.errors import InputError, LabError
from lab.grading import machine
from lab.grading.definition import definition_of
from lab.grading.journal import Grounds
from lab.grading.machine import Said, Sent
from lab.grading.task import Answer, Task
from lab.places import SCENARIOS
from lab.record import Words
from lab.results import Verdict
from lab.scenario import Scenario
from lab.text import Text, same, say

if TYPE_CHECKING:
    from distributed import Client, Future

RESOURCE = "lab"
SCHEMES = ("tcp", "tls")
TEXT_ONLY = ["msgpack"]
REACHED_WITHIN = 5.0  # seconds for a scheduler to answer
PATIENCE = 60.0  # seconds without any worker
LOOK = 1.0  # seconds between two looks at who is there
FETCHED_WITHIN = 30.0  # seconds for a result to come
LARGE = "1GiB"  # submissions are bounded by what an exercise takes
QUIET = ("distributed", "distributed.client", "distributed.gc", "tornado.application")


@contextmanager
def connected(address: str, scenario: Scenario) -> Iterator[Cluster]:
    """The workers of a scheduler, for gradings by `scenario`.

    Raises `InputError` where `address` is none, `LabError` where nobody answers there or dask is not installed.
    """
    check(address)
    try:
        import dask
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise LabError(
            say("dask.distributed is not installed", "未安装 dask.distributed"),
            same("pip install 'socket-lab[cluster]'"),
        ) from error
    for name in QUIET:  # what matters of it is said by exceptions
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGE}):
        try:
            security = Security()
            if address.startswith("tls:") and security.get_connection_args("client")["ssl_context"] is None:
                raise LabError(
                    say("{address} wants certificates", "{address} 需要证书", address=address),
                    say("name them in the configuration of dask", "请在 dask 的配置中指明"),
                )
            client = Client(
                address,
                security=security,
                timeout=REACHED_WITHIN,
                set_as_default=False,
                serializers=TEXT_ONLY,
                deserializers=TEXT_ONLY,
            )
        except OSError as error:
            raise LabError(
                say("no scheduler answers at {address}", "{address} 处没有调度器应答", address=address)
            ) from error
        with client:
            yield Cluster(client, address, scenario)


@dataclass(frozen=True, slots=True)
class _Given:
    """A task that was given out; `to` are the only workers that may have it, if it is not empty."""

    task: Task
    to: frozenset[str]


class Cluster:
    """The workers of a scheduler that have the resource `lab`. `patience`: how many seconds there may be none."""

    def __init__(self, client: Client, address: str, scenario: Scenario, *, patience: float = PATIENCE) -> None:
        self._client = client
        self._address = address
        self._patience = patience
        self._exercise = scenario.name if scenario.folder.parent == SCENARIOS else str(scenario.folder)
        self._grounds = Grounds.of(scenario, definition_of(scenario))
        self._unfit: dict[str, Text] = {}
        self._failed_at: dict[str, frozenset[str]] = {}
        self._missing_since: float | None = None

    @property
    def at_once(self) -> int:
        """How many tasks there is room for now."""
        return sum(self._room().values())

    def run(
        self,
        tasks: Sequence[Task],
        *,
        ended: Callable[[Task, Answer], None],
        alone: bool = False,
    ) -> None:
        """As `Workers.run`. A task that failed is not given to the worker where it did, if there is another.

        Raises `LabError` where the scheduler is gone, or there was no worker for longer than the patience.
        """
        waiting = deque(tasks)
        going: dict[Future[str], _Given] = {}
        try:
            while waiting or going:
                room = self._room()
                self._check_room(room, going)
                self._give_again(room, going)
                while waiting and len(going) < (min(1, len(room)) if alone else sum(room.values())):
                    task = waiting.popleft()
                    self._give(task, room, going)
                for future in self._over(going):
                    answer = self._answer(future, going[future].task)
                    if answer is not None:
                        ended(going.pop(future).task, answer)
        finally:
            if going and self._client.status == "running":
                with suppress(OSError, CancelledError):
                    self._client.cancel(list(going), force=True)

    def _room(self) -> dict[str, int]:
        """How many tasks each worker takes at once that is there and fit."""
        present = self._present()
        room = {
            worker: min(int(facts["resources"].get(RESOURCE, 0)), facts["nthreads"])
            for worker, facts in present.items()
            if worker not in self._unfit
        }
        return {worker: tasks for worker, tasks in room.items() if tasks > 0}

    def _present(self) -> Mapping[str, Mapping[str, Any]]:
        if self._client.status != "running":
            raise self._gone()
        present: Mapping[str, Mapping[str, Any]] = self._client.scheduler_info(n_workers=-1)["workers"]
        return present

    def _check_room(self, room: Mapping[str, int], going: Mapping[Future[str], _Given]) -> None:
        """Raise `LabError` where nobody is there that could grade, and nobody comes."""
        if room:
            self._missing_since = None
            return
        if not going and (unfit := [why for worker, why in self._unfit.items() if worker in self._present()]):
            raise LabError(unfit[0])
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        if now - self._missing_since > self._patience:
            raise LabError(
                say(
                    "no worker with the resource `{resource}` at {address} for {n:g} s",
                    "{address} 处已有 {n:g} 秒没有带资源 `{resource}` 的工作进程",
                    resource=RESOURCE,
                    address=self._address,
                    n=self._patience,
                ),
                say(
                    '`dask worker {address} --nthreads 2 --resources "{resource}=2"` is one',
                    '可用 `dask worker {address} --nthreads 2 --resources "{resource}=2"` 启动',
                    address=self._address,
                    resource=RESOURCE,
                ),
            )

    def _give(self, task: Task, room: Mapping[str, int], going: dict[Future[str], _Given]) -> None:
        """Give out a task, under a name that tells the scheduler's pages nothing of the student."""
        failed_at = self._failed_at.get(task.slug, frozenset())
        to = frozenset(room) - failed_at or frozenset(room) if failed_at or self._unfit else frozenset[str]()
        text = Sent(exercise=self._exercise, grounds=self._grounds, task=task).model_dump_json()
        future = self._client.submit(
            _grade,
            edition(),
            text,
            key=f"lab-{uuid.uuid4().hex}",
            workers=sorted(to) or None,
            resources={RESOURCE: 1},
            pure=False,
        )
        going[future] = _Given(task, to)

    def _give_again(self, room: Mapping[str, int], going: dict[Future[str], _Given]) -> None:
        """What only workers could have that are gone is given to others."""
        for future, given in list(going.items()):
            if given.to and room and not given.to & room.keys() and not future.done():
                del going[future]
                self._client.cancel([future], force=True)
                self._give(given.task, room, going)

    def _over(self, going: Mapping[Future[str], _Given]) -> list[Future[str]]:
        """Those that have ended, once one has, or after a while."""
        from distributed import wait

        if not going:
            threading.Event().wait(LOOK)
            return []
        with self._client.as_current(), suppress(TimeoutError, CancelledError):
            wait(list(going), timeout=LOOK, return_when="FIRST_COMPLETED")
        return [future for future in going if future.done()]

    def _answer(self, future: Future[str], task: Task) -> Answer | None:
        """What a worker said; None where that was lost with it, and comes again."""
        if future.cancelled():
            raise self._gone()
        if future.status == "error":
            why = str(future.exception()).strip().partition("\n")[0]
            return _failed(say("the worker failed: {why}", "工作进程出错：{why}", why=why))
        try:
            said = Said.model_validate_json(future.result(timeout=FETCHED_WITHIN))
        except TimeoutError:
            return None
        except (CancelledError, OSError) as error:
            raise self._gone() from error
        except (ValidationError, TypeError):
            return _failed(say("a worker said what is no answer", "工作进程给出了无法识别的回答"))
        if not said.fit and said.answer.failed is not None:
            self._unfit[said.worker] = said.answer.failed.text
        if said.answer.marked is None or said.answer.marked.graded.verdict is Verdict.ERROR:
            self._failed_at[task.slug] = self._failed_at.get(task.slug, frozenset()) | {said.worker}
        return said.answer

    def _gone(self) -> LabError:
        return LabError(say("the scheduler at {address} is gone", "{address} 处的调度器已不在", address=self._address))


def _grade(lab: str, text: str) -> str:
    """What a worker of dask runs."""
    from distributed import get_worker

    return machine.answer(lab, text, get_worker().address)


def check(address: str, jobs: int | None = None) -> None:
    """Raise `InputError` where `address` is none of a scheduler, or goes with something that is for one machine."""
    if jobs is not None:
        raise InputError(
            say("--jobs and --scheduler exclude each other", "--jobs 与 --scheduler 不能并用"),
            say("how many at once is for the workers to say", "同时评几份由各工作进程决定"),
        )
    try:
        parts = urlsplit(address)
        right = parts.scheme in SCHEMES and parts.hostname and parts.port
    except ValueError:
        right = False
    if not right:
        raise InputError(
            say("{address} is no address of a scheduler", "{address} 不是调度器的地址", address=address),
            say("such as tcp://10.0.0.1:8786", "例如 tcp://10.0.0.1:8786"),
        )


def _failed(what: Text) -> Answer:
    return Answer(failed=Words.of(what))
