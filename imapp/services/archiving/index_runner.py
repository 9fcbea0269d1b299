"""What a worker does with a task `archive.index`."""

import time
from collections.abc import Callable
from typing import Final, Protocol

from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.services.archiving.indexing import Indexer, IndexSweep
from schemas.tasks import PushBatch

_PREPARED_S: Final = 3_600.0
"""For so long the indices are taken as prepared: the next month's are needed within a month."""

log = get_log("indexing")


class Preparable(Protocol):
    """The indices."""

    def prepare(self) -> None:
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

    def index(self, batch: PushBatch) -> None:
        """Do as much as can be done now; the sweep comes back to the rest."""
        if self._parts is None:
            return
        indexer, sweep, indices = self._parts
        try:
            self._prepare(indices)
            if batch.nudges:
                indexer.index({nudge.channel_id for nudge in batch.nudges})
            else:
                sweep.next_page()
        except (ArchiveUnavailable, StoreUnavailable) as error:
            log.warning("indexing_waits", error=str(error)[:200])
        except Exception:
            # The sweep would bring it back for ever, so it shows in the log each time.
            log.exception("indexing_failed", channels=len(batch.nudges))

    def _prepare(self, indices: Preparable) -> None:
        if self._clock() - self._prepared_at >= _PREPARED_S:
            indices.prepare()
            self._prepared_at = self._clock()
