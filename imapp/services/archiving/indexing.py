"""`archive.index`: what logs hold beyond what is indexed, and what those entries change.

The log is the outbox: whatever changes an earlier entry is a later entry that names it. So whoever comes to
that one writes its target again, as it is now, before the watermark moves past.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from imapp import metrics
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import AMENDMENTS
from imapp.errors import ArchiveUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive, Document
from imapp.stores.index_marks import IndexMark, IndexMarks
from imapp.stores.leases import LeaseStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import to_ms
from imapp.stores.unindexed import UnindexedStore

_JOB: Final = "archive.index"
_PAGE: Final = 1_000  # channels looked at in one sweep
_ENTRIES: Final = 1_000  # of one batch
_REST_S: Final = 2.0  # between a failure and the next try

log = get_log("indexing")


class Indexer:
    """Brings channels into the index. Several may do the same at once: versions and watermarks agree."""

    def __init__(
        self,
        *,
        log: MessageLog,
        marks: IndexMarks,
        archive: Archive,
        unindexed: UnindexedStore,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._log = log
        self._marks = marks
        self._archive = archive
        self._unindexed = unindexed
        self._clock = clock
        self._rests_until = 0.0

    def index(self, channel_ids: Iterable[str]) -> None:
        """Return when these channels are indexed up to their ends, or while Elasticsearch is away.

        Raises:
            StoreUnavailable: the rest comes with the next task.
        """
        if self._clock() < self._rests_until:
            return  # each try would cost a worker half a minute where nobody answers
        try:
            self._index_behind(self._marks.of(channel_ids))
        except ArchiveUnavailable as error:
            self._rests_until = self._clock() + _REST_S
            log.warning("indexing_waits", error=str(error)[:200])

    def index_behind(self, marks: Mapping[str, IndexMark]) -> None:
        """The same for channels whose marks are known."""
        self.index([name for name, mark in marks.items() if mark.is_behind])

    # ---- inside

    def _index_behind(self, marks: Mapping[str, IndexMark]) -> None:
        left = {name: mark for name, mark in marks.items() if mark.is_behind}
        while left:
            ranges = _batch(left)
            done = self._settled(ranges)
            self._marks.advance(done)
            # Those whose next entry could not be read are left to another task.
            later = {name: mark for name, mark in left.items() if name not in ranges}
            moved = {name: replace(left[name], indexed_seq=seq) for name, seq in done.items()}
            left = later | {name: mark for name, mark in moved.items() if mark.is_behind}

    def _settled(self, ranges: Mapping[str, Range]) -> dict[str, int]:
        """Up to where each of these channels is in the index now; without those where nothing was read."""
        stored = self._log.stored_between(ranges)
        dense = [_dense(entries, after=ranges[name].from_seq - 1) for name, entries in stored.items()]
        self._settle([entry for entries in dense for entry in entries])
        point("indexing.written")
        return {entries[-1]["channel_id"]: entries[-1]["seq"] for entries in dense if entries}

    def _settle(self, entries: Sequence[Document]) -> None:
        """Write these entries and those that they change; set aside what is refused."""
        # Read after the entries that changed them, so they are at least as new as those say.
        targets = self._log.stored_at(_targets(entries))
        forms = {entry["_id"]: entry for entry in [*entries, *targets]}
        refused = self._archive.write(list(forms.values()))
        self._set_aside(refused)
        self._unindexed.release([name for name in forms if name not in refused])
        now_ms = self._clock() * 1000
        for entry in entries:
            metrics.indexing_lag.observe(max(0.0, now_ms - to_ms(entry["server_time"])) / 1000)

    def _set_aside(self, refused: Mapping[str, str]) -> None:
        if not refused:
            return
        self._unindexed.park(refused)
        metrics.unindexed.value += len(refused)
        for name, reason in refused.items():
            log.error("entry_unindexed", message=name, reason=reason)


class IndexSweep:
    """Looks for channels that nobody was told of: a page of all channels each time it is called."""

    def __init__(
        self,
        leases: LeaseStore,
        marks: IndexMarks,
        unindexed: UnindexedStore,
        indexer: Indexer,
        *,
        every_s: float,
    ) -> None:
        self._leases = leases
        self._unindexed = unindexed
        self._marks = marks
        self._indexer = indexer
        self._every_s = every_s

    def next_page(self) -> None:
        """Index what lags behind on the next page, unless somebody looked just now.

        Raises:
            StoreUnavailable: the page comes again.
        """
        if not self._leases.take(_JOB, self._every_s):
            return
        metrics.unindexed_waiting.value = self._unindexed.count()
        marks = self._marks.page(self._leases.position(_JOB), _PAGE)
        self._leases.move(_JOB, max(marks) if len(marks) == _PAGE else "")
        self._indexer.index_behind(marks)


def _batch(marks: Mapping[str, IndexMark]) -> dict[str, Range]:
    """What comes next of these channels, until a batch is full."""
    batch: dict[str, Range] = {}
    room = _ENTRIES
    for name, mark in marks.items():
        last = min(mark.last_seq, mark.indexed_seq + room)
        batch[name] = Range(mark.indexed_seq + 1, last)
        room -= last - mark.indexed_seq
        if not room:
            break
    return batch


def _dense(entries: Sequence[Document], *, after: int) -> Sequence[Document]:
    """The entries up to the first that is missing: a watermark must not pass over one."""
    for place, entry in enumerate(entries, after + 1):
        if entry["seq"] != place:
            log.error("log_has_hole", channel=entry["channel_id"], seq=place)
            return entries[: place - after - 1]
    return entries


def _targets(entries: Iterable[Document]) -> Iterator[tuple[str, int]]:
    for entry in entries:
        if entry["type"] in AMENDMENTS:
            yield entry["channel_id"], entry["extra"]["target_seq"]
