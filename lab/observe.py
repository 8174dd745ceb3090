"""The state of hosts at one moment: sockets from the kernel's table, processes and files asked with testinfra."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.agent import Agent, AgentRefused
from lab.errors import EngineError
from lab.record import FileFacts, HostState, ProcessFacts
from lab.scenario import Scenario
from lab.text import say

if TYPE_CHECKING:
    from testinfra.host import Host

HOME = "/home/student"
CONTENT_LIMIT = 1 << 16  # bytes; to tell where a file begins to differ
LOOK = "stat -c '%%f %%s' -- %s && [ -f %s ] && sha256sum <%s && head -c %s -- %s"
"""What is at a path: its mode in hex and its size; of a regular file the digest and the beginning too."""


def observe(
    scenario: Scenario, name: str, hosts: Iterable[str], agents: Mapping[str, Agent], files: Iterable[str] = ()
) -> dict[str, HostState]:
    """Host -> its state, with what the scenario's checks ask of the observation `name`. Raises `EngineError`."""
    asked = [c for c in scenario.checks.values() if getattr(c.params, "at", None) == name]
    told = {host: agents[host].tell("sockets") for host in hosts}
    states = {}
    for host, reply in told.items():
        of_host = [c for c in asked if getattr(c.params, "host", None) == host]
        kinds = {c.kind for c in of_host}
        looked_at = (path for c in asked if c.kind == "file" for at, path in c.params.files if at == host)
        wanted = list(dict.fromkeys([*files, *looked_at]))
        states[host] = _state(agents[host], reply.wait(), wanted, processes=bool(files) or "process" in kinds)
    return states


def _state(agent: Agent, told: Mapping[str, Any], paths: list[str], *, processes: bool) -> HostState:
    state = socket_table(told)
    if not (paths or processes):
        return state
    host = testinfra_host(agent)
    return state.model_copy(
        update={
            "processes": _processes(host, told["sessions"]) if processes else (),
            "files": tuple(_file(host, path) for path in paths),
        }
    )


def socket_table(told: Mapping[str, Any]) -> HostState:
    """The state of a host as far as its reply to `sockets` tells it."""
    return HostState.model_validate({key: told[key] for key in ("time", "until", "free", "sockets")})


def testinfra_host(agent: Agent) -> Host:
    """A testinfra host whose commands run in the container, as root without capabilities."""
    from testinfra.backend.base import BaseBackend, CommandResult
    from testinfra.host import Host

    class AgentBackend(BaseBackend):
        """How to reach a host of the lab: over the conversation with its first process."""

        NAME = "lab"

        def run(self, command: str, *args: str, **_: Any) -> CommandResult:  # noqa: ANN401 - testinfra's signature
            argv = ["sh", "-c", self.get_command(command, *args)]
            try:
                told = agent.ask("run", argv=argv)
            except AgentRefused as refused:  # not even a shell could be started
                raise EngineError(
                    say("the host cannot be observed: {why}", "无法观察主机：{why}", why=refused.what),
                    say("did a program use up all processes?", "是否有程序用尽了进程数？"),
                ) from refused
            out, err = base64.b64decode(told["out"]), base64.b64decode(told["err"])
            return self.result(told["status"], self.encode(command), stdout=out, stderr=err)

    return Host(AgentBackend(agent.name))


def _processes(host: Host, sessions: Mapping[str, str]) -> tuple[ProcessFacts, ...]:
    """Every process but the lab's own, which are root's: one look at a table whose rows come and go."""
    peaks = _peaks(host)  # before the table: who ends in between is not in it
    table = host.run("ps -ww -e -o pid=,ppid=,sess=,nlwp=,stat=,user:32=,args=").stdout
    rows = (line.split(None, 6) for line in table.splitlines())
    return tuple(
        ProcessFacts(
            pid=int(pid),
            parent=int(parent),
            user=user,
            state=state,
            threads=int(threads),
            command="".join(command),
            program=sessions.get(session),
            peak=peaks.get(pid, 0),
        )
        for pid, parent, session, threads, state, user, *command in rows
        if user != "root"
    )


def _peaks(host: Host) -> dict[str, int]:
    """Process id -> the most memory that it ever held, in KiB. A zombie holds none and has no such line."""
    lines = host.run("grep -Hs ^VmHWM: /proc/[0-9]*/status").stdout.splitlines()  # /proc/7/status:VmHWM:  9216 kB
    return {line.split("/")[2]: int(line.split()[1]) for line in lines}


def _file(host: Host, path: str) -> FileFacts:
    """What is at `path`, in one command: there may be many files, and starting a command is what takes time."""
    where = path if path.startswith("/") else f"{HOME}/{path}"
    told = host.run(LOOK, where, where, where, str(CONTENT_LIMIT), where)
    kind_and_size, _, rest = told.stdout_bytes.partition(b"\n")
    if not kind_and_size:
        return FileFacts(path=path, kind="missing")
    mode, size = kind_and_size.split()
    bits = int(mode, 16)
    if stat.S_ISLNK(bits):
        return FileFacts(path=path, kind="symlink")
    permissions = f"{stat.S_IMODE(bits):o}"
    if stat.S_ISDIR(bits):
        return FileFacts(path=path, kind="directory", mode=permissions)
    if not stat.S_ISREG(bits):
        return FileFacts(path=path, kind="other", mode=permissions)
    known = FileFacts(path=path, kind="file", size=int(size), mode=permissions)
    if not rest:  # it may not be read, or went in between
        return known
    digest, _, content = rest.partition(b"  -\n")
    told_of = {"sha256": digest.decode(), "content": base64.b64encode(content).decode()}
    return known.model_copy(update=told_of)
