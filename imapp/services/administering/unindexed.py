"""Entries that are not in the index, for administrators."""

from collections.abc import Callable

from imapp.domain.entries import wire_time
from imapp.errors import ArchiveUnavailable
from imapp.services.archiving.parking import Retried
from imapp.services.reading.cursors import after_id
from imapp.stores.mongo import to_ms
from imapp.stores.unindexed import Refused, UnindexedStore
from schemas.admin import AdminPageQuery, RetriedEntries, RetryBody, UnindexedEntry, UnindexedPage
from schemas.common import MessageId

Retry = Callable[[str, int], Retried]


class UnindexedAdmin:
    """Lists them and lets them be tried again. `retry` is None where there is no Elasticsearch."""

    def __init__(self, unindexed: UnindexedStore, retry: Retry | None) -> None:
        self._unindexed = unindexed
        self._retry = retry

    def page(self, query: AdminPageQuery) -> UnindexedPage:
        """Entries by message id.

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
        """
        found = self._unindexed.page(after_id(query.cursor, MessageId), query.limit + 1)
        page = [_wire(row) for row in found[: query.limit]]
        cursor = page[-1].message_id if len(found) > len(page) else None
        return UnindexedPage(entries=page, total=self._unindexed.count(), cursor=cursor)

    def retry(self, body: RetryBody) -> RetriedEntries:
        """What became of a page of them.

        Raises:
            RequestError: `invalid` for a cursor that is not ours.
            ArchiveUnavailable: Elasticsearch does not answer, or there is none.
        """
        after = after_id(body.cursor, MessageId)
        if not self._unindexed.page(after, 1):
            return RetriedEntries(indexed=0, left=[], cursor=None)
        if self._retry is None:
            raise ArchiveUnavailable("there is no Elasticsearch")
        done = self._retry(after, body.limit)
        return RetriedEntries(
            indexed=done.indexed, left=[_wire(row) for row in done.left], cursor=done.cursor
        )


def _wire(row: Refused) -> UnindexedEntry:
    return UnindexedEntry(message_id=row.message_id, reason=row.reason, since=wire_time(to_ms(row.at)))
