"""A child that grades one submission after the other: `python -P -m lab.grading.worker FOLDER`.

It reads a `Task` a line from stdin and answers each with an `Answer` a line, on a descriptor that nothing else
writes to: what anything prints to stdout goes to stderr. What takes time to set up stays: the modules and the
connection to the engine. The end of its input, SIGINT and SIGTERM end it, once the run under way has cleaned up.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from lab import interrupts
from lab.dockerengine import connect
from lab.engine import Engine
from lab.errors import Interrupted, LabError
from lab.grading import marking
from lab.grading.task import Answer, Marked, Task
from lab.record import Words
from lab.text import same, say
from lab.visible import one_line

STDIN, STDOUT, STDERR = 0, 1, 2
MOST_OF_FAULT = 500  # characters of what an exception says


class Worker:
    """Grades tasks in run directories under `work`, on an engine that it connects to when it first needs it."""

    def __init__(
        self,
        work: Path,
        *,
        connect: Callable[[], Engine] = connect,
        mark: Callable[[Task, Engine, Path], Marked] = marking.mark,
    ) -> None:
        self._work = work
        self._connect = connect
        self._mark = mark
        self._engine: Engine | None = None

    def grade(self, task: Task) -> Answer:
        """The answer to `task`. Raises `Interrupted`; any other failure of the lab is the answer."""
        try:
            if self._engine is None:
                self._engine = self._connect()
            return Answer(marked=self._mark(task, self._engine, self._work))
        except Interrupted:
            raise
        except LabError as error:
            return Answer(failed=Words.of(error.whole))
        except OSError as error:
            return Answer(failed=Words.of(same(str(error))))
        except Exception as error:  # noqa: BLE001  a fault of the lab that hostile bytes hit must not end the class
            reason = one_line("".join(traceback.format_exception_only(error))[:MOST_OF_FAULT])
            fault = say("a fault of the lab itself: {why}", "实验室自身的错误：{why}", why=reason)
            return Answer(failed=Words.of(fault))


def serve(worker: Worker, tasks: Iterable[bytes], answers: BinaryIO) -> None:
    """Answer every task, each a line."""
    for line in tasks:
        answer = worker.grade(Task.model_validate_json(line))
        answers.write(answer.model_dump_json(exclude_none=True).encode() + b"\n")
        answers.flush()


def main() -> int:
    """Serve the process that started this one; the exit code."""
    interrupts.heed()
    waiting: SimpleQueue[bytes] = SimpleQueue()
    try:
        tasks, answers = os.fdopen(os.dup(STDIN), "rb"), os.fdopen(os.dup(STDOUT), "wb")
        os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)
        os.dup2(STDERR, STDOUT)
        threading.Thread(target=_listen, args=(tasks, waiting), daemon=True).start()
        serve(Worker(Path(sys.argv[1])), iter(waiting.get, None), answers)
    except (KeyboardInterrupt, Interrupted, BrokenPipeError):
        pass
    finally:
        interrupts.ignore()
    return Interrupted.exit_code


def _listen(tasks: BinaryIO, waiting: SimpleQueue[bytes]) -> None:
    """Take tasks in; at their end interrupt whatever goes on, since nobody waits for it any more."""
    for line in tasks:
        waiting.put(line)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
