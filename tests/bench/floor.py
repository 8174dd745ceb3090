"""The floor of runs of tcp-multiclient: the same requests to the engine, to the tap and to the hosts, no lab around them.

Called with a file of the engine's settings, which `tests.bench.settings` takes from the lab, and how many runs to make
one after the other. Containers are made, attached to, started, looked up and removed side by side, as the engine allows;
the networks, the capture and the programs are asked for in the very messages that the lab sends. It
checks nothing, shows nothing, keeps nothing.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker

SETTINGS = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
RUNS = int(sys.argv[2])
LABEL = "socket-lab-floor"  # with the process that made it
FILES = Path("scenarios/tcp-multiclient")
HOSTS = ("server", "alice", "bob", "carol")
MOST = {"output": 1 << 20, "open_files": 256, "file_size": 128 << 20, "cpu": 30}
PROGRAMS = {"server": ["solution/server.py"], "alice": ["client.py", "halves.py"]}
api = docker.DockerClient.from_env(max_pool_size=64).api


class Container:
    """A container and the conversation with its first process."""

    def __init__(self, name: str, run: int) -> None:
        config = SETTINGS[name] | {"Labels": {LABEL: str(os.getpid())}}
        self.id = api.create_container_from_config(config, f"lab-floor-{os.getpid()}-{run}-{name}")["Id"]
        stream = api.attach_socket(self.id, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self.socket = getattr(stream, "_sock", stream)
        self.file = self.socket.makefile("rb")
        self.rest = b""
        api.start(self.id)
        self.pid = api.inspect_container(self.id)["State"]["Pid"]
        self.number = 0

    def tell(self, do: str, **arguments: object) -> int:
        self.number += 1
        self.socket.sendall(json.dumps({"id": self.number, "do": do} | arguments).encode() + b"\n")
        return self.number

    def hear(self, wanted: Any) -> dict[str, Any]:
        """Read on until a message is the one that is waited for."""
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                message = json.loads(line)
                if wanted(message):
                    return message
            _, length = struct.unpack(">BxxxL", self.file.read(8))
            self.rest += self.file.read(length)

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        number = self.tell(do, **arguments)
        return self.hear(lambda m: m.get("id") == number)["ok"]


def host(name: str, run: int) -> Container:
    container = Container(name, run)
    files = PROGRAMS.get(name, ["client.py"])
    contents = {Path(file).name: base64.b64encode((FILES / file).read_bytes()).decode() for file in files}
    container.ask("files", files=contents)
    return container


def tap(run: int) -> Container:
    container = Container("tap", run)
    container.ask("networks", networks={"lan": {"mtu": 1500}})
    container.ask("record", networks=["lan"])
    return container


def plug(tap_: Container, number: int, container: Container) -> None:
    interface = {
        "name": "eth0",
        "network": "lan",
        "mac": f"02:77:00:00:00:{number:02x}",
        "ipv4": f"10.77.0.{10 + number}/24",
        "ipv6": f"fd77::{10 + number}/64",
        "mtu": 1500,
    }
    tap_.ask("plug", host=str(number), pid=container.pid, interfaces=[interface], traffic=64)


def exchange(hosts: dict[str, Container]) -> None:
    """The steps of the scenario."""
    start(hosts["server"], "server", ["python3", "server.py", "8080"])
    hosts["server"].ask("watch", want={"listening": "tcp", "port": 8080}, program="server")
    for name in HOSTS[1:]:
        start(hosts[name], name, ["python3", "client.py", "server", "8080"])
        hosts[name].ask("watch", want={"connected": "tcp", "port": 8080}, program=name)
    for name, line in (("carol", "你好"), ("alice", "早上好"), ("bob", "晚上好"), ("carol", "再见")):
        say(hosts[name], name, line)
    leave(hosts["alice"], "alice")
    say(hosts["bob"], "bob", "再见")
    for name in ("bob", "carol"):
        leave(hosts[name], name)
    start(hosts["server"], "stopped", ["python3", "server.py", "8081"])
    hosts["server"].ask("watch", want={"listening": "tcp", "port": 8081}, program="stopped")
    start(hosts["bob"], "guest", ["python3", "client.py", "server", "8081"])
    hosts["bob"].ask("watch", want={"connected": "tcp", "port": 8081}, program="guest")
    say(hosts["bob"], "guest", "你好")
    start(hosts["alice"], "halves", ["python3", "halves.py", "server", "8081"])
    hosts["alice"].hear(lambda m: m.get("event") == "ended")
    hosts["server"].tell("signal", program="stopped", name="INT")
    hosts["server"].hear(lambda m: m.get("event") == "ended")
    hosts["server"].ask("sockets")
    hosts["server"].ask("run", argv=["ps", "-ww", "-e", "-o", "pid=,ppid=,sess=,nlwp=,stat=,user:32=,args="])
    leave(hosts["bob"], "guest")
    for container in hosts.values():
        container.ask("watch", want={"quiet": True})
        container.ask("sockets")


def say(container: Container, program: str, line: str) -> None:
    container.tell("write", program=program, data=base64.b64encode(f"{line}\n".encode()).decode())
    container.hear(lambda m: m.get("event") == "output")


def leave(container: Container, program: str) -> None:
    container.tell("close", program=program)
    container.hear(lambda m: m.get("event") == "ended")


def start(container: Container, name: str, run: list[str]) -> None:
    container.ask("start", program=name, run=run, env={}, terminal=False, most=MOST)


def sweep() -> None:
    """Remove what floors left that are gone."""
    for left in api.containers(all=True, filters={"label": LABEL}):
        if not Path("/proc", left["Labels"][LABEL]).exists():
            with suppress(docker.errors.APIError):  # another floor removes it
                api.remove_container(left["Id"], force=True)


def one_run(pool: ThreadPoolExecutor, number: int) -> None:
    tap_coming = pool.submit(tap, number)
    coming = {name: pool.submit(host, name, number) for name in HOSTS}
    switch = tap_coming.result()
    hosts = {name: one.result() for name, one in coming.items()}
    for place, container in enumerate(hosts.values()):
        plug(switch, place, container)
    switch.ask("mark", label="start")
    exchange(hosts)
    switch.ask("finish")
    pieces, _ = api.get_archive(switch.id, "/capture")
    for _ in pieces:
        pass
    api.version()
    list(pool.map(lambda c: api.remove_container(c.id, force=True), [switch, *hosts.values()]))


def main() -> None:
    sweep()
    for image in {settings["Image"] for settings in SETTINGS.values()}:
        api.inspect_image(image)
    with ThreadPoolExecutor(8) as pool:
        for number in range(RUNS):
            one_run(pool, number)


main()
