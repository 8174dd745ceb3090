"""The state of hosts at one moment: sockets from the kernel's table, processes and files asked with testinfra."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.agent import Agent, AgentRefused
from lab.errors import EngineError
from lab.record import FileFacts, HostState, ProcessFacts, SocketFacts
from lab.scenario import Scenario
from lab.text import say

if TYPE_CHECKING:
    from testinfra.host import Host

HOME = "/home/student"
CONTENT_LIMIT = 1 << 20


def observe(
    scenario: Scenario, name: str, hosts: Iterable[str], agents: Mapping[str, Agent], files: Iterable[str] = ()
) -> dict[str, HostState]:
    """Host -> its state, with what the scenario's checks ask of the observation `name`. Raises `EngineError`."""
    asked = [c for c in scenario.checks.values() if getattr(c.params, "at", None) == name]
    told = {host: agents[host].tell("sockets") for host in hosts}
    states = {}
    for host, reply in told.items():
        kinds = {c.kind for c in asked if c.params.host == host}
        paths = [*files, *(c.params.path for c in asked if c.kind == "file" and c.params.host == host)]
        wanted = list(dict.fromkeys(paths))
        states[host] = _state(agents[host], reply.wait(), wanted, processes=bool(files) or "process" in kinds)
    return states


def _state(agent: Agent, told: Mapping[str, Any], paths: list[str], *, processes: bool) -> HostState:
    sockets = tuple(SocketFacts.model_validate(row) for row in told["sockets"])
    if not (paths or processes):
        return HostState(time=told["time"], sockets=sockets)
    host = testinfra_host(agent)
    return HostState(
        time=told["time"],
        sockets=sockets,
        processes=_processes(host, told["sessions"]) if processes else (),
        files=tuple(_file(host, path) for path in paths),
    )


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
        )
        for pid, parent, session, threads, state, user, *command in rows
        if user != "root"
    )


def _file(host: Host, path: str) -> FileFacts:
    try:
        return _file_there(host, path)
    except AssertionError:  # testinfra says so that a command failed: the file went in between
        return FileFacts(path=path, kind="missing")


def _file_there(host: Host, path: str) -> FileFacts:
    file = host.file(path if path.startswith("/") else f"{HOME}/{path}")
    if file.is_symlink:
        return FileFacts(path=path, kind="symlink")
    if not file.exists:
        return FileFacts(path=path, kind="missing")
    if file.is_directory:
        return FileFacts(path=path, kind="directory", mode=f"{file.mode:o}")
    if not file.is_file:
        return FileFacts(path=path, kind="other", mode=f"{file.mode:o}")
    content = host.run("head -c %s -- %s", str(CONTENT_LIMIT), file.path).stdout_bytes
    return FileFacts(
        path=path,
        kind="file",
        size=file.size,
        mode=f"{file.mode:o}",
        sha256=file.sha256sum,
        content=base64.b64encode(content).decode(),
    )
