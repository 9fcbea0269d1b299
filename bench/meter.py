"""CPU time and memory of the processes of a run, by role."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil
from pymongo import MongoClient

Roles = Mapping[str, Sequence[int]]
"""Role -> ids of its main processes; children count with them."""


def cpu_seconds(roles: Roles) -> dict[str, float]:
    """CPU time spent so far, user and system."""
    return {role: sum(map(_cpu, _trees(pids))) for role, pids in roles.items()}


def machine_seconds() -> float:
    """CPU time that was spent on this machine by anybody, or taken from it by its host."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def resident_kib(roles: Roles) -> dict[str, float]:
    """Memory held now."""
    return {role: sum(map(_resident, _trees(pids))) for role, pids in roles.items()}


def writes(mongo_url: str) -> int:
    """Documents inserted, updated or deleted on this MongoDB so far, one command a document or many."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
    with client:
        counts = client.admin.command("serverStatus")["opcounters"]
    return sum(int(counts[kind]) for kind in ("insert", "update", "delete"))


def difference(later: Mapping[str, float], earlier: Mapping[str, float]) -> dict[str, float]:
    """What was added, by role."""
    return {role: later[role] - earlier.get(role, 0.0) for role in later}


def _trees(pids: Iterable[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(pid)
            found += [parent, *parent.children(recursive=True)]
    return found


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _resident(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(process.memory_info().rss / 1024)
    return 0.0
