"""One run: a generator process loads a system while the meters run."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Final

import msgspec

from bench.meter import cpu_seconds, difference, machine_seconds, resident_kib, writes
from bench.scenarios import Order, Outcome, Result, Scenario, Signal
from bench.systems import System
from devstack.errors import NotEmbedded
from devstack.services import Stack
from tests.support.processes import ROOT

_SPARE_S: Final = 180.0
_JUDGED_OF_S: Final = 1.0  # how long it may take to look at every message, of the time of a run


class RunError(Exception):
    """The generator did not come to an end; the text holds what it said."""


def run(system: System, scenario: Scenario, stack: Stack) -> Result:
    """Load a started system.

    Raises:
        RunError: the generator failed.
    """
    order = Order(scenario=scenario, dialect=system.dialect, url=system.url, mongo_url=system.mongo_url)
    roles = {role: [process.pid for process in processes] for role, processes in system.roles().items()}
    parts = {process.name: [process.pid] for processes in system.roles().values() for process in processes}
    servers = _servers(stack)
    watch = _Watch({**roles, **servers}, {**parts, **servers}, stack.mongo_url)
    command = [sys.executable, "-m", "bench.generator", msgspec.json.encode(order).decode()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as generator:
        limit_s = scenario.warm_up_s + scenario.seconds * (1 + _JUDGED_OF_S) + _SPARE_S
        limit = threading.Timer(limit_s, generator.kill)
        limit.start()
        try:
            watch.roles["generator"] = [generator.pid]
            for line in generator.stdout or ():
                watch.take(msgspec.json.decode(line, type=Signal))
        finally:
            limit.cancel()
    if watch.outcome is None:
        raise RunError(f"{system.name}, {scenario.title}: the generator ended without an outcome")
    return Result(
        system=system.name,
        scenario=scenario,
        outcome=watch.outcome,
        seconds=watch.seconds,
        cpu={role: used / watch.seconds for role, used in watch.cpu.items()},
        memory_kib=watch.memory,
        resident_kib={role: (watch.held[0][role], watch.held[1][role]) for role in watch.held[0]},
        writes_per_send=watch.writes / max(1.0, watch.outcome.sends_per_s * scenario.seconds),
    )


class _Watch:
    """Reads the meters when the generator says so."""

    def __init__(self, roles: dict[str, list[int]], parts: Mapping[str, list[int]], mongo_url: str) -> None:
        self.roles = roles
        self._parts = parts
        self.held: list[dict[str, float]] = []
        self.writes = 0
        self._mongo_url = mongo_url
        self.seconds = 0.0
        self.cpu: dict[str, float] = {}
        self.memory = resident_kib(roles)
        self.outcome: Outcome | None = None
        self._began = 0.0
        self._machine = 0.0

    def take(self, signal: Signal) -> None:
        """Note the counted time's begin and end, and the outcome."""
        if signal.phase in ("begin", "end"):
            self.held.append(resident_kib(self._parts))
            self.writes = writes(self._mongo_url) - self.writes
        if signal.phase == "begin":
            self._began, self.cpu, self._machine = (
                time.monotonic(),
                cpu_seconds(self.roles),
                machine_seconds(),
            )
        elif signal.phase == "end":
            self.seconds = time.monotonic() - self._began
            self.cpu = difference(cpu_seconds(self.roles), self.cpu)
            self.cpu["others"] = machine_seconds() - self._machine - sum(self.cpu.values())
            self.memory = difference(resident_kib(self.roles), self.memory)
        else:
            self.outcome = signal.outcome


def _servers(stack: Stack) -> dict[str, list[int]]:
    """MongoDB and RabbitMQ, if they are ours to look at."""
    try:
        return {"mongod": [stack.mongod.pid], "rabbitmq": [stack.rabbitmq.pid]}
    except NotEmbedded:
        return {}
