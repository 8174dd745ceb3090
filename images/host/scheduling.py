"""What the scheduler tells of the threads of this host: proc(5), stat and schedstat."""

import os

WAITING = "RD"  # states of a thread that is not at rest: it runs or is ready to, or waits for a disk
ENDED = "Z"
SPINS = 500_000_000  # nanoseconds of processor time after which a thread is not waited for any more


def delayed():
    """Nanoseconds that all threads there are now were ready to run, and waited for a processor.

    A thread that ended in between is not counted, nor one whose kernel keeps no such statistics.
    """
    return sum(map(delayed_process, filter(str.isdigit, os.listdir("/proc"))))


def delayed_process(pid):
    """The sum over the threads of a process; 0 if it is gone."""
    folder = "/proc/" + pid + "/task/"
    try:
        return sum(schedstat(folder + thread)[1] for thread in os.listdir(folder))
    except OSError:
        return 0


def spent(pid):
    """Nanoseconds that the first thread of a process was on a processor; 0 if it is gone."""
    folder = "/proc/" + str(pid)
    return schedstat(folder + "/task/" + str(pid))[0]


def schedstat(folder):
    """Nanoseconds on a processor, and those ready and waiting for one; zeros where the kernel does not tell."""
    try:
        with open(folder + "/schedstat", encoding="ascii") as file:
            on, waited, _ = file.read().split()
    except (OSError, ValueError):
        return 0, 0
    return int(on), int(waited)


def rests(pid):
    """Whether the first thread of a process sleeps or is stopped, or has ended before others; not so of a zombie."""
    folder = "/proc/" + str(pid)
    try:
        with open(folder + "/stat", encoding="utf-8", errors="replace") as file:
            state = file.read().rpartition(")")[2].split()[0]
        return len(os.listdir(folder + "/task")) > 1 if state == ENDED else state not in WAITING
    except (OSError, IndexError):
        return False
