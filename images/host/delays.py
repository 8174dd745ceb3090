"""How long the threads of this host were ready to run, and waited for a processor."""

import os


def total():
    """Nanoseconds, over all threads there are now (proc_pid_schedstat: the second field of schedstat).

    A thread that ended in between is not counted, nor one whose kernel keeps no such statistics.
    """
    return sum(map(of_process, filter(str.isdigit, os.listdir("/proc"))))


def of_process(pid):
    """The sum over the threads of a process; 0 if it is gone."""
    folder = "/proc/" + pid + "/task"
    waited = 0
    try:
        for thread in os.listdir(folder):
            with open(folder + "/" + thread + "/schedstat", encoding="ascii") as file:
                waited += int(file.read().split()[1])
    except (OSError, IndexError):
        pass
    return waited
