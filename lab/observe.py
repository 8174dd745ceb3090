"""The state of hosts at one moment: sockets, tables and files told by the first process, processes by testinfra."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.agent import Agent, AgentRefused
from lab.errors import EngineError
from lab.record import FileFacts, HostState, ProcessFacts
from lab.scenario import Scenario
from lab.text import say

if TYPE_CHECKING:
    from testinfra.host import Host

TABLES = {"neighbour": "neighbours", "route": "routes", "group": "groups", "counter": "counters"}
"""The kinds of checks that ask for a table of the host's network, and which."""
COLUMNS = 4096  # characters that are told of a process: a program may call itself what it likes


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
        state = _state(agents[host], reply.wait(), wanted, processes=bool(files) or "process" in kinds)
        states[host] = _with_tables(agents[host], state, [TABLES[kind] for kind in TABLES if kind in kinds])
    return states


def _state(agent: Agent, told: Mapping[str, Any], paths: list[str], *, processes: bool) -> HostState:
    state = socket_table(told)
    if not (paths or processes):
        return state
    seen = agent.ask("look", paths=paths)["files"] if paths else []
    return state.model_copy(
        update={
            "processes": _processes(testinfra_host(agent), told["sessions"]) if processes else (),
            "files": tuple(map(FileFacts.model_validate, seen)),
        }
    )


def _with_tables(agent: Agent, state: HostState, names: list[str]) -> HostState:
    """`state` with those tables of the host's network; without a question where there are none to ask for."""
    if not names:
        return state
    return HostState.model_validate(state.model_dump() | agent.ask("tables", names=names))


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
                    say("the host cannot be observed: {why}", "无法观察主机：{why}", why=refused.what)
                ) from refused
            out, err = base64.b64decode(told["out"]), base64.b64decode(told["err"])
            return self.result(told["status"], self.encode(command), stdout=out, stderr=err)

    return Host(AgentBackend(agent.name))


def _processes(host: Host, sessions: Mapping[str, str]) -> tuple[ProcessFacts, ...]:
    """Every process but the lab's own, which are root's: one look at a table whose rows come and go."""
    peaks = _peaks(host)  # before the table: who ends in between is not in it
    table = host.run(f"ps --columns {COLUMNS} -e -o pid=,ppid=,sess=,nlwp=,stat=,user:32=,args=").stdout
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
