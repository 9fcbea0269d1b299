"""What a worker does with a task `archive.index`."""

import time
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.processes import this_process
from imapp.services.archiving.indexing import Indexer, IndexSweep
from schemas.tasks import PushBatch

MOST_WAITING: Final = 20_000
"""Channels that are kept in mind while they can't be indexed; the sweep finds what is beyond."""

_PREPARED_S: Final = 3_600.0
"""For so long the indices are taken as prepared: the next month's are needed within a month."""
_REST_S: Final = 2.0  # between a failure and the next try: each costs half a minute where nobody answers

log = get_log("indexing")


class Preparable(Protocol):
    """The indices."""

    def prepare(self, owner: str) -> None:
        """See that they can be written to and read."""


class IndexRunner:
    """Owned by the one thread of its worker. Without parts nothing is indexed: there is no Elasticsearch."""

    def __init__(
        self,
        parts: tuple[Indexer, IndexSweep, Preparable] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = parts
        self._clock = clock
        self._prepared_at = -_PREPARED_S
        self._rests_until = 0.0
        self._waiting: set[str] = set()

    def index(self, batch: PushBatch) -> None:
        """Do as much as can be done now, what earlier ones have left first; the next task does the rest."""
        if self._parts is None:
            return
        self._keep_in_mind(nudge.channel_id for nudge in batch.nudges)
        if self._clock() < self._rests_until:
            return
        try:
            self._catch_up(*self._parts, look_around=not batch.nudges)
        except (ArchiveUnavailable, StoreUnavailable) as error:
            self._rests_until = self._clock() + _REST_S
            log.warning("indexing_waits", channels=len(self._waiting), error=str(error)[:200])
        except Exception:
            # The next task would bring them back for ever, so it shows in the log, and the sweep does it.
            log.exception("indexing_failed", channels=len(self._waiting))
            self._waiting.clear()

    # ---- inside

    def _catch_up(
        self, indexer: Indexer, sweep: IndexSweep, indices: Preparable, *, look_around: bool
    ) -> None:
        if self._clock() - self._prepared_at >= _PREPARED_S:
            indices.prepare(this_process())
            self._prepared_at = self._clock()
        self._index_waiting(indexer)
        if look_around:
            self._keep_in_mind(sweep.next_page())
            self._index_waiting(indexer)

    def _index_waiting(self, indexer: Indexer) -> None:
        if self._waiting:
            indexer.index(self._waiting)
            self._waiting.clear()

    def _keep_in_mind(self, channel_ids: Iterable[str]) -> None:
        for name in channel_ids:
            if len(self._waiting) < MOST_WAITING:
                self._waiting.add(name)
