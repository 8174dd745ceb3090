"""The containers of a run: brought up in parallel, plugged in by the tap, removed whatever happens.

Nothing is left to the engine's networking: a container starts with a loopback interface only, and
the tap gives it the interfaces of its host (`images/tap/switch.py`).
"""

from __future__ import annotations

import base64
import queue
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from lab import capture, images, wire
from lab.agent import Agent, AgentRefused, Event
from lab.engine import Bounds, ContainerSpec, Engine
from lab.errors import EngineError, LabError
from lab.interrupts import deferred, undisturbed
from lab.limits import MIB, SHARED, Limits
from lab.plan import HostPlan, Plan
from lab.runs import ROLE_LABEL
from lab.text import say

TAP = "tap"
HOST_CAPABILITIES = ("SETUID", "SETGID", "KILL")  # of the first process; programs keep none of them
TAP_CAPABILITIES = ("SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE")
PAGE = 4096  # bytes; where pages are larger, so is the bound
SYSCTLS = {  # as on a plain Linux machine where the engine differs, and both IP versions on
    "net.ipv4.ip_unprivileged_port_start": "1024",
    "net.ipv4.ip_forward": "0",
    "net.ipv4.ping_group_range": "0 2147483647",
    "net.ipv6.conf.all.disable_ipv6": "0",
    "net.ipv6.conf.default.disable_ipv6": "0",
    # System V's shared memory and queues outlive their program, and are memory that killing nobody gives back
    "kernel.shmall": str(SHARED * MIB // PAGE),
    "kernel.msgmni": "16",
    "net.ipv4.tcp_max_tw_buckets": "4096",  # closed connections that nobody holds: only the socket table grows by them
}
STARTS_AT_ONCE = 8
OF_THE_LAB = 8  # processes of a host besides its programs': the first one, and the commands of an observation
PROCESSORS = 1
HOME = "/home/student"
SCRATCH = "/tmp"  # noqa: S108 - in the container
SHARED_MEMORY = "/dev/shm"  # noqa: S108


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs, and the conversation with its first process."""

    id: str
    pid: int
    agent: Agent


@dataclass(frozen=True, slots=True)
class Bench:
    """All containers of a run that is up."""

    tap: Container
    hosts: Mapping[str, Container]
    inbox: queue.SimpleQueue[Event]

    @property
    def agents(self) -> dict[str, Agent]:
        """Host -> the conversation with it."""
        return {name: host.agent for name, host in self.hosts.items()}


@contextmanager
def up(engine: Engine, plan: Plan, run: str, labels: Mapping[str, str]) -> Iterator[Bench]:
    """The bench of a run, hosts plugged in and capture running; all of it is removed at the end.

    Raises `EngineError` where the engine cannot make it; then too nothing stays.
    """
    inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
    created: list[str] = []
    agents: list[Agent] = []

    def start(name: str, spec: ContainerSpec) -> Container:
        container = engine.create(spec)
        created.append(container)
        agent = Agent(name, engine.attach(container), inbox)
        agents.append(agent)
        return Container(container, engine.start(container), agent)

    def start_tap() -> Container:
        tap = start(TAP, _tap(run, labels))
        _checked(tap.agent, "networks", networks={n: {"mtu": mtu} for n, mtu in plan.mtus.items()})
        capture.start(tap.agent, plan.networks)
        return tap

    def start_host(name: str, host: HostPlan) -> Container:
        container = start(name, _host(name, host, plan, run, labels))
        if host.files:
            files = {path: base64.b64encode(content).decode() for path, content in host.files.items()}
            _checked(container.agent, "files", files=files)
        return container

    try:
        with _starters() as pool:
            with deferred():  # a pool that is interrupted while it starts a thread does not know of it
                tap_coming = pool.submit(start_tap)
                hosts_coming = {name: pool.submit(start_host, name, host) for name, host in plan.hosts.items()}
            tap = tap_coming.result()
            hosts = {}
            for name, coming in hosts_coming.items():
                hosts[name] = coming.result()
                _plug(tap.agent, name, hosts[name], plan)
        yield Bench(tap, hosts, inbox)
    except BaseException:
        with suppress(EngineError):  # the first failure is the one to tell; the next command sweeps what stays
            _take_down(engine, created, agents)
        raise
    _take_down(engine, created, agents)


@contextmanager
def _starters() -> Iterator[ThreadPoolExecutor]:
    """Threads that start containers; after a failure or Ctrl-C those that have not begun do not begin."""
    pool = ThreadPoolExecutor(STARTS_AT_ONCE)
    try:
        yield pool
    finally:
        with undisturbed():
            pool.shutdown(cancel_futures=True)


def _take_down(engine: Engine, created: Iterable[str], agents: Iterable[Agent]) -> None:
    """Remove everything that was created, and end the conversations."""
    with undisturbed():
        try:
            _remove(engine, created)
        finally:
            for agent in agents:
                agent.close()


def _plug(tap: Agent, name: str, host: Container, plan: Plan) -> None:
    interfaces = [
        {
            "name": i.name,
            "network": i.network,
            "mac": i.mac,
            "ipv4": f"{i.ipv4}/{plan.networks[i.network].ipv4.partition('/')[2]}",
            "ipv6": f"{i.ipv6}/{plan.networks[i.network].ipv6.partition('/')[2]}",
            "mtu": plan.mtus[i.network],
        }
        for i in plan.hosts[name].facts.interfaces
    ]
    relayed = {"relayed": True} if name in wire.relayed(plan) else {}
    _checked(
        tap, "plug", host=name, pid=host.pid, interfaces=interfaces, traffic=plan.scenario.limits.traffic, **relayed
    )


def _checked(agent: Agent, do: str, **arguments: object) -> None:
    """Ask for what must succeed for the run to go on."""
    try:
        agent.ask(do, **arguments)
    except AgentRefused as refused:
        raise EngineError(refused.what) from refused


def _remove(engine: Engine, containers: Iterable[str]) -> None:
    """Remove containers side by side; those that cannot be are left to the next command's sweep, and said."""
    failures: list[LabError] = []

    def one(container: str) -> None:
        try:
            engine.remove(container)
        except LabError as error:
            failures.append(error)

    with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
        list(pool.map(one, containers))
    if failures:
        raise EngineError(
            say(
                "{count} containers could not be removed: {why}",
                "有 {count} 个容器无法删除：{why}",
                count=len(failures),
                why=failures[0].what,
            ),
            say("`lab clean` removes them when the engine is back", "引擎恢复后，`lab clean` 会删除它们"),
        )


def _tap(run: str, labels: Mapping[str, str]) -> ContainerSpec:
    return ContainerSpec(
        name=f"lab-{run}-{TAP}",
        image=images.tag("tap"),
        labels={**labels, ROLE_LABEL: TAP},
        hostname=TAP,
        capabilities=TAP_CAPABILITIES,
        trusted=True,
    )


def _host(name: str, host: HostPlan, plan: Plan, run: str, labels: Mapping[str, str]) -> ContainerSpec:
    limits = plan.scenario.limits
    return ContainerSpec(
        name=f"lab-{run}-host-{name}",
        image=images.tag(host.facts.image),
        labels={**labels, ROLE_LABEL: "host"},
        hostname=name,
        capabilities=(*HOST_CAPABILITIES, *host.capabilities),
        names=plan.names,
        nameservers=host.nameservers,
        sysctls={**SYSCTLS, **host.sysctls},
        writable=_writable(limits),
        bounds=Bounds(limits.processes + OF_THE_LAB, limits.memory * MIB, PROCESSORS),
    )


def _writable(limits: Limits) -> dict[str, str]:
    """The folders in memory with their mount options. Each has its own root directory besides its files."""
    common = "rw,nosuid,nodev"
    size = f"{common},size={limits.disk * MIB},nr_inodes={limits.files + 1}"
    return {
        HOME: f"{size},exec,uid=1000,gid=1000,mode=0755",
        SCRATCH: f"{size},mode=1777",
        SHARED_MEMORY: f"{common},noexec,size={SHARED * MIB},nr_inodes={limits.files + 1},mode=1777",
    }
