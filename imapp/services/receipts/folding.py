"""Folding the ledgers of busy channels, aside: nobody waits for it."""

import random
import threading
from collections.abc import Callable, Iterable
from typing import Final

from imapp.errors import LogConflict
from imapp.logs import get_log
from imapp.stores.folds import LedgerFolds
from schemas.receipts import PushStatus

FOLD_EVERY_S: Final = 5.0
LEAST: Final = 200
"""Documents of a channel and status that are worth folding."""
_CHANCE: Final = 1 / 100  # of a flush to bring its channel up: nobody has to count
_MAX_CHANNELS: Final = 1_000  # that wait; others come up again

log = get_log("folding")


class LedgerFolding:
    """Folds channels that are written to often. `noted` may be called by another thread."""

    def __init__(self, folds: LedgerFolds, *, chance: Callable[[], float] = random.random) -> None:
        self._folds = folds
        self._chance = chance
        self._lock = threading.Lock()
        self._waiting: set[str] = set()

    def noted(self, channel_ids: Iterable[str]) -> None:
        """Hear of channels whose ledger has grown by a flush; one in a hundred is looked at."""
        picked = [channel_id for channel_id in channel_ids if self._chance() < _CHANCE]
        with self._lock:
            for channel_id in picked[: _MAX_CHANNELS - len(self._waiting)]:
                self._waiting.add(channel_id)

    def fold_waiting(self) -> None:
        """Fold what has come up.

        Raises:
            StoreUnavailable: what is left comes up again.
        """
        with self._lock:
            channel_ids, self._waiting = self._waiting, set()
        for channel_id in channel_ids:
            for status in (PushStatus.RECEIVED, PushStatus.READ):
                self._fold(channel_id, status)

    def _fold(self, channel_id: str, status: PushStatus) -> None:
        try:
            while count := self._folds.fold(channel_id, status, least=LEAST):
                log.debug("ledger_folded", channel=channel_id, status=status.value, documents=count)
        except LogConflict:
            return  # another worker is at it
