"""Entries that Elasticsearch refused, and another try with them once an operator has seen to the reason."""

from collections.abc import Sequence

from msgspec import Struct

from imapp.domain.ids import split_message_id
from imapp.logs import get_log
from imapp.services.archiving.archive import Archive, Document
from imapp.stores.messages import MessageLog
from imapp.stores.unindexed import Refused, UnindexedStore

log = get_log("indexing")


class Retried(Struct):
    """How many entries of a page are in the index now, which are not, and where the next page begins."""

    indexed: int
    left: Sequence[Refused]
    cursor: str | None


class Parking:
    """Shows and tries again what was set aside."""

    def __init__(self, unindexed: UnindexedStore, stored: MessageLog, archive: Archive) -> None:
        self._unindexed = unindexed
        self._stored = stored
        self._archive = archive

    def retry(self, after: str, limit: int) -> Retried:
        """Index so many entries, those after the given message id, as they are now.

        Raises:
            ArchiveUnavailable: unknown which of them are indexed; doing it again is harmless.
            StoreUnavailable: likewise.
        """
        rows = self._unindexed.page(after, limit + 1)
        page = rows[:limit]
        names = [row.message_id for row in page]
        documents = self._stored.stored_at(split_message_id(name) for name in names)
        refused = self._refused(names, documents)
        self._unindexed.park(refused, documents)
        self._unindexed.release_seen(row for row in page if row.message_id not in refused)
        left = [
            Refused(row.message_id, refused[row.message_id], row.at)
            for row in page
            if row.message_id in refused
        ]
        log.info("unindexed_retried", entries=len(page), left=len(left))
        return Retried(len(page) - len(left), left, page[-1].message_id if len(rows) > limit else None)

    def _refused(self, names: Sequence[str], documents: Sequence[Document]) -> dict[str, str]:
        """Why those of these that are not in the index are not, by message id."""
        refused = dict(self._archive.write(documents))
        # Such as the move has brought there since.
        elsewhere = {*names} - {document["_id"] for document in documents}
        found = self._archive.read(elsewhere) if elsewhere else {}
        return refused | {name: "it is not in MongoDB any more" for name in elsewhere if name not in found}
