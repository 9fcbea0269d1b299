"""Pages of a channel's log, cut to what the reader may see."""

from imapp.domain import spans
from imapp.domain.amendments import hydrated
from imapp.domain.archive.pages import Tail
from imapp.domain.entries import EDIT, LogEntry, wire_entry, wire_fields
from imapp.domain.ids import split_message_id
from imapp.errors import ArchiveUnavailable, RequestError
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

        While the archive does not answer, a page that goes back ends where the hot part begins, and says so.

        Raises:
            RequestError: `not_found`, or `invalid` for more than one starting point.
            ArchiveUnavailable: the entries next to where it starts are archived.
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
            ArchiveUnavailable: it is archived.
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
        """These entries, with the edits saying what their targets say now, as far as he may read those.

        An edit whose target can't be read now says nothing, as if he might not.
        """
        stays = readable.row.member.spans
        edits = [entry for entry in entries if entry.type == EDIT]
        places = {split_message_id(entry.extra["message_id"]) for entry in edits}
        readable_places = {place for place in places if spans.contains(stays, place[1])}
        if not readable_places:
            return entries
        targets = self._log.at_hand(readable_places)
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
        tail = self._read_tail(readable, top, limit)
        entries = self._hydrated(readable, tail.entries)
        top = _covered(readable, entries, top)
        # A page that is neither full nor cut goes back to the start.
        low = entries[0].seq if len(entries) == limit or tail.cut else min(1, top)
        return _page(readable, entries, low, max(top, 0))

    def _newer(self, readable: Readable, after: int, limit: int) -> HistoryPage:
        last = readable.last_seq
        entries = self._read_on(readable, after + 1, limit)
        full = len(entries) == limit
        high = entries[-1].seq if full else _covered(readable, entries, max(last, after))
        return _page(readable, entries, after + 1, max(high, after))

    def _around(self, readable: Readable, seq: int, limit: int) -> HistoryPage:
        # Beyond the end there is nothing yet, so the page must not say that it covers it.
        seq = min(seq, readable.last_seq + 1)
        newer = self._newer(readable, seq - 1, limit - limit // 2)
        try:
            older = self._older(readable, seq, limit // 2)
        except ArchiveUnavailable:
            if not newer.entries:
                raise
            older = self._older(readable, seq, 0)
        return HistoryPage(
            channel_id=newer.channel_id,
            entries=older.entries + newer.entries,
            from_seq=older.from_seq,
            to_seq=newer.to_seq,
            more_before=older.more_before,
            more_after=newer.more_after,
        )

    def _read_on(self, readable: Readable, low: int, limit: int) -> list[LogEntry]:
        """Up to `limit` readable entries from `low` on, by seq."""
        found: list[LogEntry] = []
        for first, last in spans.clipped(readable.row.member.spans, low, readable.last_seq):
            if len(found) == limit:
                break
            found += self._log.page(readable.row.channel_id, first, last, limit=limit - len(found))
        return self._hydrated(readable, found)

    def _read_tail(self, readable: Readable, high: int, limit: int) -> Tail:
        """Up to `limit` readable entries up to `high`, as far back as they can be read now.

        Raises:
            ArchiveUnavailable: none of them can.
        """
        found: list[LogEntry] = []
        cut = None
        for first, last in reversed(list(spans.clipped(readable.row.member.spans, 1, high))):
            if cut or len(found) == limit:
                break
            part = self._log.tail(readable.row.channel_id, first, last, limit=limit - len(found))
            found, cut = part.entries + found, part.cut
        if cut and not found:
            raise cut
        return Tail(found, cut)


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
