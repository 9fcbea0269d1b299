"""What a channel keeps no longer is deleted for good, wherever it is.

In this order, so that whoever dies in between leaves a step that the next run does again: no operator can put
it back any more, nobody sees it any more, it is noted down as removed, it is deleted. What was deleted is
deleted once more by the next run, since somebody may have been writing it at that very moment: to the index,
or back from the archive.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from imapp import metrics
from imapp.domain.archive.manifests import Manifest, manifest_of
from imapp.domain.archive.pages import Borders
from imapp.domain.archive.prefixes import CHUNK, Boundary, Place, horizon_ms, last_movable
from imapp.domain.archive.retention import outlived
from imapp.domain.archive.tiling import Range
from imapp.domain.ids import message_id
from imapp.errors import LogConflict
from imapp.failpoints import point
from imapp.logs import get_log
from imapp.services.archiving.archive import Removing
from imapp.stores.canonical import content_hash
from imapp.stores.channels import ChannelStore
from imapp.stores.contention import once_free
from imapp.stores.edits import EditStore
from imapp.stores.files import FileStore
from imapp.stores.manifests import ManifestStore
from imapp.stores.members import MemberStore
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog
from imapp.stores.pushes import PushLedger
from imapp.stores.reminders import ReminderStore
from imapp.stores.unindexed import UnindexedStore

_PARTS: Final = 50  # chunks that are noted down as removed in one go

log = get_log("archive")


class RetentionStores(Struct, frozen=True):
    """Where something of an entry may be, beside the archive."""

    channels: ChannelStore
    members: MemberStore
    log: MessageLog
    manifests: ManifestStore
    edits: EditStore
    files: FileStore
    ledger: PushLedger
    reminders: ReminderStore
    unindexed: UnindexedStore


class Retention:
    """Applies the setting of each channel, or the overall one (`days`; 0: what is written is kept for ever).

    Any number may: the place from which on entries are kept fences them.
    """

    def __init__(
        self,
        stores: RetentionStores,
        archive: Removing,
        *,
        days: int,
        throttle: Callable[[int], None] = lambda _: None,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        chunk: int = CHUNK,
    ) -> None:
        """`throttle` is called with the number of entries of each part that was removed, and may wait."""
        self._stores = stores
        self._archive = archive
        self._days = days
        self._throttle = throttle
        self._clock_ms = clock_ms
        self._chunk = chunk

    def apply(self, channel_id: str, keep_on: Callable[[], bool] = lambda: True) -> int:
        """Remove what a channel keeps no longer, in one go and more of them for as long as `keep_on` says so.

        Returns how many entries it was.

        Raises:
            StoreUnavailable, ArchiveUnavailable: the next run goes on.
        """
        marks = self._stores.channels.archive_marks(channel_id)
        if marks is None:
            return 0
        if marks.purged_from_seq < marks.kept_from_seq:
            self._purge(channel_id, Range(marks.purged_from_seq, marks.kept_from_seq - 1))
            self._stores.channels.note_purged(channel_id, marks.kept_from_seq)
        days = self._days if marks.retention_days is None else marks.retention_days
        return self._remove(channel_id, days, keep_on) if days else 0

    def _remove(self, channel_id: str, days: int, keep_on: Callable[[], bool]) -> int:
        before_ms, removed = horizon_ms(self._clock_ms(), days), 0
        try:
            while parts := self._outlived(channel_id, before_ms):
                gone = Range(parts[0].from_seq, parts[-1].to_seq)
                point("retention.chosen", channel_id)
                # Before it is hidden: what somebody has put back by now stays for everybody.
                if not self._give_up(channel_id, gone):
                    break
                self._hide(channel_id, gone.to_seq)
                point("retention.hidden", channel_id)
                self._stores.manifests.remove(parts)
                point("retention.noted", channel_id)
                self._purge(channel_id, gone)
                point("retention.purged", channel_id)
                count = gone.to_seq - gone.from_seq + 1
                removed += count
                metrics.retention_removed.value += count
                self._throttle(count)
                if not keep_on():
                    break
        except LogConflict as error:
            log.info("archive_contended", channel=channel_id, error=str(error))
        if removed:
            log.info("retention_removed", channel=channel_id, entries=removed, days=days)
        return removed

    def _outlived(self, channel_id: str, before_ms: int) -> Sequence[Manifest]:
        borders = self._stores.manifests.borders([channel_id])[channel_id]
        if borders.kept_from_seq == borders.hot_from_seq:
            return self._outlived_hot(channel_id, borders, before_ms)
        manifests = self._stores.manifests.of(channel_id, borders.kept_from_seq - 1, _PARTS)
        held = self._stores.manifests.held(channel_id, by_operators=True)
        return outlived(manifests, held, borders.kept_from_seq, before_ms)

    def _outlived_hot(self, channel_id: str, borders: Borders, before_ms: int) -> Sequence[Manifest]:
        """What goes without ever having been archived, since it is kept for a shorter time than hot ones."""
        shown = self._stores.log.newest_shown(channel_id)
        end = shown.seq if shown is not None else 0
        first = borders.hot_from_seq
        documents = self._stores.log.documents(channel_id, first, end - 1, self._chunk)
        entries = [entry_of(document) for document in documents]
        places = [Place(entry.seq, entry.time_ms) for entry in entries]
        count = last_movable(places, Boundary(first, end, end), before_ms) - first + 1
        hashes = [content_hash(document) for document in documents[:count]]
        return [manifest_of(entries[:count], hashes)] if count else []

    def _give_up(self, channel_id: str, gone: Range) -> bool:
        # Members refer to old messages all the time, which must not put this off.
        return once_free(lambda: self._stores.manifests.give_up(channel_id, gone))

    def _hide(self, channel_id: str, up_to_seq: int) -> None:
        """Let it be for everybody as if he had cleared it: so no reader has to know of it."""
        members = self._stores.members.of_channels([channel_id]).get(channel_id, {})
        # Who has left must not learn from it how the channel went on.
        ends = {name: min(up_to_seq, one.spans[-1][1] or up_to_seq) for name, one in members.items()}
        countables = self._stores.log.countables({(channel_id, seq) for seq in ends.values()})
        self._stores.members.clear(
            channel_id, {name: (seq, countables[message_id(channel_id, seq)]) for name, seq in ends.items()}
        )

    def _purge(self, channel_id: str, gone: Range) -> None:
        """Delete all that there is of these entries, whatever of it is left."""
        for part in _pieces(gone, self._chunk):
            names = [message_id(channel_id, seq) for seq in range(part.from_seq, part.to_seq + 1)]
            self._stores.files.release_range(channel_id, part.from_seq, part.to_seq)
            self._stores.edits.forget(channel_id, part.from_seq, part.to_seq)
            self._stores.reminders.forget(channel_id, part.from_seq, part.to_seq)
            self._stores.log.forget(channel_id, part.from_seq, part.to_seq)
            self._archive.remove(names)
            self._stores.unindexed.release(names)
        self._stores.ledger.forget(channel_id, gone.to_seq)


def _pieces(whole: Range, length: int) -> Iterator[Range]:
    for start in range(whole.from_seq, whole.to_seq + 1, length):
        yield Range(start, min(start + length - 1, whole.to_seq))
