"""`archive.index`: what logs hold beyond what is indexed, and what those entries change.

The log is the outbox: whatever changes an earlier entry is a later entry that names it. So whoever comes to
that one writes its target again, as it is now, before the watermark moves past.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, takewhile
from typing import Final

from imapp import metrics
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import EDIT, RECALL
from imapp.domain.ids import message_id, split_message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive, Document
from imapp.services.archiving.held import HeldChannels
from imapp.stores.index_marks import IndexMark, IndexMarks
from imapp.stores.leases import LeaseStore
from imapp.stores.messages import EDITS_UNDONE, MessageLog
from imapp.stores.mongo import to_ms
from imapp.stores.unindexed import UnindexedStore

_JOB: Final = "archive.index"
_ENTRIES: Final = 1_000  # of one batch
_MOST_FAILED: Final = 20  # tries of one task: halving 1,000 channels finds one with eleven
LOOKED_AT: Final = 10_000
"""Channels that one sweep looks at."""
MOST_BEHIND: Final = 1_000
"""So many that lag behind end it earlier."""

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
        held: HeldChannels | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._log = log
        self._marks = marks
        self._archive = archive
        self._unindexed = unindexed
        self._held = HeldChannels() if held is None else held
        self._clock = clock
        self._failed = 0

    def index(self, channel_ids: Iterable[str]) -> None:
        """Return when these channels are indexed up to their ends, or to where their logs have a hole.

        One that fails while others can be indexed is held: it keeps no other, and is tried again later.

        Raises:
            StoreUnavailable, ArchiveUnavailable: some may be; doing it again is harmless.
        """
        self._failed = 0
        self._index(name for name in channel_ids if name not in self._held)
        while not self._held.rest:
            name = self._held.first()
            self._index([name])
            if not self._held.rest:  # as it would if this had failed
                self._held.release(name)

    # ---- inside

    def _index(self, channel_ids: Iterable[str]) -> None:
        marks = self._marks.of(channel_ids)
        left = {name: mark for name, mark in marks.items() if mark.is_behind}
        while left:
            ranges = _batch(left)
            done = self._attempted(ranges)
            # Those whose next entry could not be read are left to the sweep.
            later = {name: mark for name, mark in left.items() if name not in ranges}
            moved = {name: replace(left[name], indexed_seq=seq) for name, seq in done.items()}
            left = later | {name: mark for name, mark in moved.items() if mark.is_behind}

    def _attempted(self, ranges: Mapping[str, Range]) -> dict[str, int]:
        """The same as `_settled`; a channel that fails keeps no other, whatever the reason.

        Raises:
            StoreUnavailable, ArchiveUnavailable: it is not due to single channels, or to a great many.
        """
        try:
            return self._settled(ranges)
        except (ArchiveUnavailable, StoreUnavailable) as error:
            self._check_stores(ranges)
            self._failed += 1
            if len(ranges) == 1:
                self._hold(next(iter(ranges)), error)
            if self._failed == _MOST_FAILED:
                raise
            if len(ranges) == 1:
                return {}
        except Exception:
            if len(ranges) == 1:
                log.exception("indexing_failed", channel=next(iter(ranges)))
                return {}
        parts = list(ranges.items())
        half = len(parts) // 2
        return self._attempted(dict(parts[:half])) | self._attempted(dict(parts[half:]))

    def _check_stores(self, channel_ids: Iterable[str]) -> None:
        """See that both answer when they are asked for little.

        Raises:
            StoreUnavailable, ArchiveUnavailable: one does not.
        """
        self._archive.check()
        self._marks.of(channel_ids)

    def _hold(self, channel_id: str, error: Exception) -> None:
        self._held.hold(channel_id)
        log.error("indexing_held", channel=channel_id, error=str(error)[:200])

    def _settled(self, ranges: Mapping[str, Range]) -> dict[str, int]:
        """Move the marks of these channels: up to where each is in the index now; without those not read."""
        stored = self._log.stored_between(ranges)
        dense = {name: _dense(name, ranges[name].from_seq, entries) for name, entries in stored.items()}
        self._settle([entry for entries in dense.values() for entry in entries])
        point("indexing.written")
        done = {name: ranges[name].from_seq + len(entries) - 1 for name, entries in dense.items() if entries}
        self._marks.advance(done)
        return done

    def _settle(self, entries: Sequence[Document]) -> None:
        """Write these entries and those that they change; set aside what is refused."""
        forms = {entry["_id"]: entry for entry in [*entries, *self._changed_by(entries)]}
        refused = self._archive.write(list(forms.values()))
        self._set_aside(refused, forms)
        self._unindexed.release_taken(form for name, form in forms.items() if name not in refused)
        now_ms = self._clock() * 1000
        for entry in entries:
            if entry["_id"] not in refused:
                metrics.indexing_lag.observe(max(0.0, now_ms - to_ms(entry["server_time"])) / 1000)

    def _changed_by(self, entries: Sequence[Document]) -> Sequence[Document]:
        """What these entries have changed: read after them, so it is at least as new as they say."""
        return self._log.stored_at([*_targets(entries), *_edits_undone(entries)])

    def _set_aside(self, refused: Mapping[str, str], forms: Mapping[str, Document]) -> None:
        if not refused:
            return
        self._unindexed.park(refused, forms.values())
        metrics.unindexed.value += len(refused)
        for name, reason in refused.items():
            log.error("entry_unindexed", message=name, reason=reason)


class IndexSweep:
    """Looks for channels that nobody was told of: a page of all channels each time it is called."""

    def __init__(
        self, leases: LeaseStore, marks: IndexMarks, unindexed: UnindexedStore, *, every_s: float
    ) -> None:
        self._leases = leases
        self._unindexed = unindexed
        self._marks = marks
        self._every_s = every_s

    def next_page(self) -> list[str]:
        """The channels of the next page that lag behind; none if somebody looked just now.

        Nobody else is given them before all others had their turn.

        Raises:
            StoreUnavailable: the page comes again.
        """
        if not self._leases.take(_JOB, self._every_s):
            return []
        metrics.unindexed_waiting.value = self._unindexed.count()
        behind, end = self._marks.behind(self._leases.position(_JOB), LOOKED_AT, MOST_BEHIND)
        self._leases.move(_JOB, end)
        return behind


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


def _dense(channel_id: str, from_seq: int, entries: Sequence[Document]) -> Sequence[Document]:
    """The entries from there up to the first that is missing: a watermark must not pass over one."""
    there = {entry["_id"]: entry for entry in entries}
    names = (message_id(channel_id, seq) for seq in count(from_seq))
    dense = [there[name] for name in takewhile(there.__contains__, names)]
    if len(dense) < len(entries):
        log.error("log_has_hole", channel=channel_id, seq=from_seq + len(dense))
    return dense


def _targets(entries: Iterable[Document]) -> Iterator[tuple[str, int]]:
    """Where those are that these entries change; one that does not say it is refused by the index."""
    for entry in entries:
        kind, extra = entry.get("type"), entry.get("extra")
        target_seq = extra.get("target_seq") if isinstance(extra, dict) else None
        if kind in (RECALL, EDIT) and isinstance(target_seq, int):  # a tuple asks for no hash
            yield _channel(entry), target_seq


def _edits_undone(entries: Iterable[Document]) -> Iterator[tuple[str, int]]:
    """Where the edits are whose proofs these recalls have taken away."""
    for entry in entries:
        seqs = entry.get(EDITS_UNDONE)
        for seq in seqs if isinstance(seqs, list) else ():
            if isinstance(seq, int):
                yield _channel(entry), seq


def _channel(entry: Document) -> str:
    return split_message_id(entry["_id"])[0]  # whatever else it says
