"""The log of a channel as one, wherever its entries are: what readers use in the place of `MessageLog`.

MongoDB is asked first and wins; only what it lacks, and what lies before the hot part, is asked of the
archive. An entry is deleted only after the hot part was noted to begin behind it, so who reads that note
after having missed an entry knows where it is; a page that is not dense all the same is read again.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from imapp.domain.archive.pages import Borders, Tail, archived_part, is_whole
from imapp.domain.archive.tiling import Range
from imapp.domain.entries import MESSAGES, RECALLED, LogEntry
from imapp.domain.ids import message_id
from imapp.errors import ArchiveUnavailable, StoreUnavailable
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive
from imapp.stores.message_rows import entry_of
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database

_TRIES: Final = 10
_PIECE: Final = 500  # archived entries that are looked through in one go

log = get_log("history")


class WholeLog(MessageLog):
    """Reads entries from both stores; what it writes goes to MongoDB.

    Raises ArchiveUnavailable from whatever needs the archive while that does not answer, but for `at_hand`
    and `tail`, which say what can be said without.
    """

    def __init__(self, database: Database, archive: Archive) -> None:
        super().__init__(database)
        self._archive = archive

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        """Entries at (channel id, seq) positions, by message id; missing ones are left out."""
        found, archived = self._hot_and_archived(positions)
        return found | self._from_archive(archived)

    def at_hand(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        """The same; while the archive does not answer, what only it has is left out."""
        found, archived = self._hot_and_archived(positions)
        try:
            return found | self._from_archive(archived)
        except ArchiveUnavailable:
            return found

    def page(
        self, channel_id: str, low: int, high: int, *, limit: int, newest_first: bool = False
    ) -> list[LogEntry]:
        """At most `limit` entries with low <= seq <= high, by seq; counted from the newest if so wanted.

        Raises:
            StoreUnavailable: an entry is in neither store.
        """
        hot = super().page(channel_id, low, high, limit=limit, newest_first=newest_first)
        seqs = [entry.seq for entry in hot]
        if is_whole(seqs, Range(low, high), limit, newest_first=newest_first):
            return hot
        borders = self._borders_of(channel_id)
        for _ in range(_TRIES):
            page = self._of_both(channel_id, Range(low, high), limit, borders, newest_first=newest_first)
            before, borders = borders, self._borders_of(channel_id)
            if before != borders:
                continue  # entries have left for where they were not looked for
            if page is None:
                log.error("history_hole", channel=channel_id, first=low, last=high)
                raise StoreUnavailable("an entry is neither in MongoDB nor in the archive")
            return page
        raise StoreUnavailable("the channel is being archived faster than it can be read")

    def tail(self, channel_id: str, low: int, high: int, *, limit: int) -> Tail:
        """The newest entries with low <= seq <= high: only hot ones, while the archive does not answer.

        Raises:
            StoreUnavailable: as `page`.
        """
        try:
            return Tail(self.page(channel_id, low, high, limit=limit, newest_first=True))
        except ArchiveUnavailable as error:
            found = super().page(channel_id, low, high, limit=limit, newest_first=True)
            # Looked up after that: from here on nothing had been deleted yet when it was read.
            hot_from = self._borders_of(channel_id).hot_from_seq
            hot = [entry for entry in found if entry.seq >= hot_from]
            if not _is_dense(hot):
                raise
            return Tail(hot, cut=error)

    def written_by(self, sender: str, channel_id: str, low: int, high: int, *, limit: int) -> list[LogEntry]:
        """The newest entries of one person with low <= seq <= high, by seq. Reads all of the range."""
        found: list[LogEntry] = []
        while low <= high and len(found) < limit:
            piece = self._piece_before(channel_id, low, high)
            if not piece:
                break
            found = [entry for entry in piece if entry.sender == sender] + found
            high = piece[0].seq - 1
        return found[-limit:]

    def count_messages(self, channel_id: str, low: int, high: int, *, but_by: str) -> int:
        """How many messages of others with low <= seq <= high still say something. Reads all of the range."""
        hot_from = self._borders_of(channel_id).hot_from_seq
        count = super().count_messages(channel_id, max(low, hot_from), high, but_by=but_by)
        high = min(high, hot_from - 1)
        while low <= high and (piece := self._piece_before(channel_id, low, high)):
            count += sum(
                entry.type in MESSAGES and entry.status != RECALLED and entry.sender != but_by
                for entry in piece
            )
            high = piece[0].seq - 1
        return count

    def _piece_before(self, channel_id: str, low: int, high: int) -> list[LogEntry]:
        return self.page(channel_id, low, high, limit=_PIECE, newest_first=True)

    def _borders_of(self, channel_id: str) -> Borders:
        return self._manifests.borders([channel_id])[channel_id]

    def _of_both(
        self, channel_id: str, wanted: Range, limit: int, borders: Borders, *, newest_first: bool
    ) -> list[LogEntry] | None:
        """A page in two parts, None if it has a hole."""
        first_hot = max(wanted.from_seq, borders.hot_from_seq)
        hot: list[LogEntry] = []
        if newest_first:
            hot = super().page(channel_id, first_hot, wanted.to_seq, limit=limit, newest_first=True)
        part = archived_part(wanted, borders, limit, len(hot), newest_first=newest_first)
        old = self._archived(channel_id, part)
        if len(old) != max(0, part.to_seq - part.from_seq + 1):
            return None
        if not newest_first and len(old) < limit:
            hot = super().page(channel_id, first_hot, wanted.to_seq, limit=limit - len(old))
        page = old + hot
        return page if _is_dense(page) else None

    def _archived(self, channel_id: str, part: Range) -> list[LogEntry]:
        """The entries of a range before the hot part: a copy in MongoDB says what is so now."""
        if part.from_seq > part.to_seq:
            return []
        count = part.to_seq - part.from_seq + 1
        copies = super().page(channel_id, part.from_seq, part.to_seq, limit=count)
        found = {entry.seq: entry for entry in copies}
        missing = [seq for seq in range(part.from_seq, part.to_seq + 1) if seq not in found]
        archived = self._from_archive(message_id(channel_id, seq) for seq in missing)
        found |= {entry.seq: entry for entry in archived.values()}
        return [found[seq] for seq in sorted(found)]

    def _hot_and_archived(
        self, positions: Iterable[tuple[str, int]]
    ) -> tuple[dict[str, LogEntry], list[str]]:
        """What of these places is in MongoDB, and the ids of what is archived of the others."""
        wanted = list(positions)
        found = super().at(wanted) if wanted else {}
        missing = {place for place in wanted if message_id(*place) not in found}
        archived = self._manifests.archived(missing) if missing else ()
        return found, [message_id(*place) for place in archived]

    def _from_archive(self, message_ids: Iterable[str]) -> dict[str, LogEntry]:
        wanted = list(message_ids)
        if not wanted:
            return {}
        copies = self._archive.read(wanted)
        return {name: entry_of(copy.document) for name, copy in copies.items()}


def _is_dense(entries: Sequence[LogEntry]) -> bool:
    return not entries or len(entries) == entries[-1].seq - entries[0].seq + 1
