"""Pages of a channel's log, cut to what the reader may see."""

from imapp.domain import spans
from imapp.domain.amendments import hydrated
from imapp.domain.entries import EDIT, LogEntry, wire_entry, wire_fields
from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.services.reading.access import AccessService, Readable
from imapp.services.reading.quotes import quotes_of
from imapp.stores.messages import MessageLog
from schemas.errors import ErrorCode
from schemas.messages import HistoryPage, HistoryQuery, OneEntry


class HistoryService:
    """Reads entries for people."""

    def __init__(self, access: AccessService, log: MessageLog) -> None:
        self._access = access
        self._log = log

    def page(self, user_id: str, channel_id: str, query: HistoryQuery) -> HistoryPage:
        """A page by seq, and the range it covers.

        Raises:
            RequestError: `not_found`, or `invalid` for more than one starting point.
        """
        if sum(start is not None for start in (query.before, query.after, query.around)) > 1:
            raise RequestError(ErrorCode.INVALID, query="give one of before, after, around")
        readable = self._access.readable(user_id, channel_id)
        page = self._entries(readable, query)
        page.quotes = quotes_of(page.entries, readable.row.member.spans, self._log)
        return page

    def entry(self, user_id: str, message_id: str) -> OneEntry:
        """One entry, with what it answers.

        Raises:
            RequestError: `not_found`.
        """
        channel_id, seq = split_message_id(message_id)
        readable = self._access.readable(user_id, channel_id)
        if not spans.contains(readable.row.member.spans, seq):
            raise RequestError(ErrorCode.NOT_FOUND)
        return self._one(readable, self._found(message_id))

    def sent(self, user_id: str, message_id: str) -> OneEntry:
        """One entry that he sent himself, also if he has cleared it since.

        Raises:
            RequestError: `not_found`.
        """
        readable = self._access.readable(user_id, split_message_id(message_id)[0])
        found = self._found(message_id)
        if found.sender != user_id:
            raise RequestError(ErrorCode.NOT_FOUND)
        return self._one(readable, found)

    def _found(self, message_id: str) -> LogEntry:
        found = self._log.at([split_message_id(message_id)]).get(message_id)
        if found is None:
            raise RequestError(ErrorCode.NOT_FOUND)
        return found

    def _one(self, readable: Readable, found: LogEntry) -> OneEntry:
        (shown,) = self._hydrated(readable, [found])
        quotes = quotes_of([wire_entry(shown)], readable.row.member.spans, self._log)
        return OneEntry(**wire_fields(shown), quote=quotes[0] if quotes else None)

    def _hydrated(self, readable: Readable, entries: list[LogEntry]) -> list[LogEntry]:
        """These entries, with the edits saying what their targets say now, as far as he may read those."""
        stays = readable.row.member.spans
        edits = [entry for entry in entries if entry.type == EDIT]
        places = {split_message_id(entry.extra["message_id"]) for entry in edits}
        readable_places = {place for place in places if spans.contains(stays, place[1])}
        if not readable_places:
            return entries
        targets = self._log.at(readable_places)
        return [
            hydrated(entry, targets.get(entry.extra["message_id"])) if entry.type == EDIT else entry
            for entry in entries
        ]

    def _entries(self, readable: Readable, query: HistoryQuery) -> HistoryPage:
        if query.after is not None:
            return self._newer(readable, query.after, query.limit)
        if query.around is not None:
            return self._around(readable, query.around, query.limit)
        before = readable.last_seq + 1 if query.before is None else query.before
        return self._older(readable, before, query.limit)

    def _older(self, readable: Readable, before: int, limit: int) -> HistoryPage:
        top = min(before - 1, readable.last_seq)
        if limit == 0:
            return _page(readable, [], top + 1, max(top, 0))
        entries = self._read(readable, 1, top, limit, newest_first=True)
        top = _covered(readable, entries, top)
        # A page that is not full goes back to the start.
        low = min(1, top) if len(entries) < limit else entries[0].seq
        return _page(readable, entries, low, max(top, 0))

    def _newer(self, readable: Readable, after: int, limit: int) -> HistoryPage:
        last = readable.last_seq
        entries = self._read(readable, after + 1, last, limit, newest_first=False)
        full = len(entries) == limit
        high = entries[-1].seq if full else _covered(readable, entries, max(last, after))
        return _page(readable, entries, after + 1, max(high, after))

    def _around(self, readable: Readable, seq: int, limit: int) -> HistoryPage:
        # Beyond the end there is nothing yet, so the page must not say that it covers it.
        seq = min(seq, readable.last_seq + 1)
        older = self._older(readable, seq, limit // 2)
        newer = self._newer(readable, seq - 1, limit - limit // 2)
        return HistoryPage(
            channel_id=newer.channel_id,
            entries=older.entries + newer.entries,
            from_seq=older.from_seq,
            to_seq=newer.to_seq,
            more_before=older.more_before,
            more_after=newer.more_after,
        )

    def _read(
        self, readable: Readable, low: int, high: int, limit: int, *, newest_first: bool
    ) -> list[LogEntry]:
        """Up to `limit` readable entries of low..high, from one end; by seq."""
        stays = list(spans.clipped(readable.row.member.spans, low, high))
        found: list[LogEntry] = []
        for first, last in reversed(stays) if newest_first else stays:
            wanted = limit - len(found)
            if wanted <= 0:
                break
            part = self._log.page(
                readable.row.channel_id, first, last, limit=wanted, newest_first=newest_first
            )
            found = part + found if newest_first else found + part
        return self._hydrated(readable, found)


def _covered(readable: Readable, entries: list[LogEntry], high: int) -> int:
    """Up to where a page may claim to show everything.

    A head can be seen a moment before its entry is committed and readable; so at the end of a log that
    still grows for this reader, only what was found is covered.
    """
    if not readable.row.member.present or high < readable.last_seq:
        return high
    return entries[-1].seq if entries else min(high, readable.row.member.spans[-1][0] - 1)


def _page(readable: Readable, entries: list[LogEntry], low: int, high: int) -> HistoryPage:
    stays = readable.row.member.spans
    return HistoryPage(
        channel_id=readable.row.channel_id,
        entries=[wire_entry(entry) for entry in entries],
        from_seq=low,
        to_seq=high,
        more_before=any(True for _ in spans.clipped(stays, 1, low - 1)),
        more_after=readable.last_seq > high,
    )
