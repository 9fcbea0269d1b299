"""Whoever is not attacked: another client of the same gateway that must be served all the time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import psutil

from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.raw import RawPeer
from tests.support.waiting import eventually

# An interpreter takes memory in steps of some MiB, for whatever reason.
MEMORY_BYTES: Final = 24 * 1024 * 1024


class Bystander:
    """Sends one message after the other, each acknowledged before the next.

    When the attack is over, `memory_bytes` and `cpu_s` say what it has cost the gateway.
    """

    memory_bytes = 0
    cpu_s = 0.0

    def __init__(self, client: Client, to: str) -> None:
        self._client = client
        self._to = to
        self._enough = threading.Event()
        self._failure: BaseException | None = None
        self.served = 0

    def run(self) -> None:
        """Until told to stop, or until it is not served."""
        try:
            while not self._enough.is_set():
                self._client.send_text(None, "still here?", to=self._to)
                self.served += 1
                self._enough.wait(0.02)
        except BaseException as failure:  # noqa: BLE001  # raised where it is waited for
            self._failure = failure

    def check_served(self, times: int) -> None:
        """Return once it has been served so often, or raise why it was not."""
        eventually(lambda: self._failure or self.served >= times, what=f"served {times} times", timeout=30.0)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Be served once more; raises what went wrong meanwhile."""
        self._enough.set()
        if self._failure is not None:
            raise self._failure
        self._client.send_text(None, "and now?", to=self._to)
        self.served += 1


Attack = Callable[[], AbstractContextManager[Bystander]]
"""The time of an attack, for a `with`."""


def gateway_of(cluster: Cluster) -> psutil.Process:
    """The process of the first gateway that serves: gunicorn's worker."""
    (worker,) = (process for process in cluster.processes["gateway-0"].tree() if not process.children())
    return worker


@contextmanager
def under_attack(cluster: Cluster, client: Client, to: str) -> Iterator[Bystander]:
    """The time of an attack on the first gateway: the client is served throughout, and memory is bounded."""
    gateway, bystander = gateway_of(cluster), Bystander(client, to)
    thread = threading.Thread(target=bystander.run, daemon=True)
    memory, cpu = gateway.memory_info().rss, _cpu_s(gateway)
    thread.start()
    try:
        yield bystander
    finally:
        bystander.stop()
        thread.join()
    bystander.memory_bytes = gateway.memory_info().rss - memory
    bystander.cpu_s = _cpu_s(gateway) - cpu
    assert bystander.memory_bytes < MEMORY_BYTES, f"the gateway grew by {bystander.memory_bytes >> 20} MiB"


@contextmanager
def flooding(peer: RawPeer, data: bytes, *, reading: bool = True) -> Iterator[None]:
    """The time in which a peer sends this again and again, as fast as it can, and reads what comes or not."""
    over = threading.Event()

    def send() -> None:
        while not over.is_set() and peer.send(data):
            pass

    threads = [threading.Thread(target=send, daemon=True)]
    if reading:
        threads.append(threading.Thread(target=peer.read_rest, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        peer.reset()
        for thread in threads:
            thread.join()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
