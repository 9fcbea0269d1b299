"""The push ledger in memory."""

from collections.abc import Iterable, Sequence
from typing import Any

from imapp.domain.folding import Reach
from imapp.domain.receipts import Receipt
from imapp.stores.folds import LedgerFolds
from imapp.stores.pushes import Flush, PushLedger
from schemas.receipts import PushStatus
from tests.unit.fakes.store import FakeStore


class FakeLedger(PushLedger):
    """What was noted: the first flush under a key stays."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.flushes: dict[str, Flush] = {}

    def append(self, flushes: Iterable[Flush], session: Any = None) -> None:
        assert session is None, "no part of a transaction"
        noted = list(flushes)
        if noted:
            with self._store.faults.step("ledger.append"):
                for flush in noted:
                    self.flushes.setdefault(flush.document_id, flush)

    def reaching(self, flushes: Sequence[Flush]) -> dict[tuple[str, str], list[Receipt]]:
        if not flushes:
            return {}
        own = {flush.document_id for flush in flushes}
        people = {receipt.receiver for flush in flushes for receipt in flush.receipts}
        found: dict[tuple[str, str], list[Receipt]] = {}
        with self._store.faults.step("ledger.reaching"):
            for flush in [known for name, known in self.flushes.items() if name not in own]:
                for receipt in flush.receipts:
                    if receipt.receiver in people:
                        found.setdefault((flush.channel_id, receipt.receiver), []).append(receipt)
        return found

    def covering(self, channel_id: str, seq: int) -> list[Receipt]:
        return [
            receipt
            for flush in self.flushes.values()
            if flush.channel_id == channel_id
            for receipt in flush.receipts
            if receipt.from_seq <= seq <= receipt.up_to_seq
        ]


class FakeFolds(LedgerFolds):
    """Nothing is folded."""

    def __init__(self) -> None:
        pass

    def reaches(self, channel_ids: Iterable[str]) -> dict[tuple[str, str], dict[PushStatus, Reach]]:
        del channel_ids
        return {}
