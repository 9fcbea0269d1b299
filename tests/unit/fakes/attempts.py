"""What a writer notes about the batches that it begins, in memory."""

from dataclasses import replace

from imapp.stores.attempts import Attempt, AttemptStore
from tests.unit.fakes.store import FakeStore


class FakeAttempts(AttemptStore):
    """What outlives a writer's death."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def count(self, batch_id: str, *, redelivered: bool) -> Attempt:
        with self._store.faults.step("attempts.count"):
            known = self._known(batch_id)
            self._store.attempts[batch_id] = replace(known, redeliveries=known.redeliveries + redelivered)
            return self._store.attempts[batch_id]

    def begin(self, batch_id: str, index: int) -> None:
        with self._store.faults.step("attempts.begin"):
            known = self._known(batch_id)
            begun = {**known.begun, index: known.begun.get(index, 0) + 1}
            self._store.attempts[batch_id] = replace(known, begun=begun)

    def end(self, batch_id: str, index: int) -> None:
        with self._store.faults.step("attempts.end"):
            known = self._known(batch_id)
            begun = {other: times for other, times in known.begun.items() if other != index}
            self._store.attempts[batch_id] = replace(known, begun=begun)

    def park(self, batch_id: str, index: int, command: bytes, reason: str) -> None:
        assert command
        with self._store.faults.step("attempts.park"):
            self._store.parked.setdefault((batch_id, index), reason)
            known = self._known(batch_id)
            self._store.attempts[batch_id] = replace(known, parked=known.parked | {index})

    def parked(self) -> int:
        return len(self._store.parked)

    def _known(self, batch_id: str) -> Attempt:
        return self._store.attempts.get(batch_id, Attempt(0, {}, frozenset()))
