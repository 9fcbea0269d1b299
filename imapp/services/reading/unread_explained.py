"""The unread number of a conversation, taken apart entry by entry."""

from imapp.domain import spans
from imapp.domain.entries import told_sender
from imapp.domain.ids import message_id
from imapp.domain.unread_reasons import Reader, reason_of
from imapp.services.reading.access import AccessService, Readable
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.stores.messages import MessageLog
from schemas.conversations import UnreadEntry, UnreadPage, UnreadQuery, UnreadReason


class UnreadExplainer:
    """Explains to people what is unread, and proves it from the log."""

    def __init__(self, access: AccessService, rows: ConversationRows, log: MessageLog) -> None:
        self._access = access
        self._rows = rows
        self._log = log

    def page(self, user_id: str, channel_id: str, query: UnreadQuery) -> UnreadPage:
        """A page of entries from the newest on, each with its reason; the number, and the log's own count.

        Raises:
            RequestError: `not_found`.
        """
        readable = self._access.readable(user_id, channel_id)
        row = readable.row
        removed_seq = row.removed_seq(readable.head.kept_from_seq)
        reader = Reader(user_id, row.member.spans, removed_seq, row.cleared_seq, row.read_seq)
        high = min((query.before or readable.last_seq + 1) - 1, readable.last_seq)
        low = max(1, high - query.limit + 1)
        return UnreadPage(
            channel_id=channel_id,
            unread=self._rows.unread(row, readable.head),
            recounted=self._recount(reader, readable),
            read_seq=row.read_seq,
            last_seq=readable.last_seq,
            entries=self._entries(reader, channel_id, low, high),
            more=low > 1 and high > 0,
        )

    def _recount(self, reader: Reader, readable: Readable) -> int:
        ranges = spans.clipped(reader.stays, reader.read_seq + 1, readable.last_seq)
        return sum(
            self._log.count_messages(readable.row.channel_id, *part, but_by=reader.user_id) for part in ranges
        )

    def _entries(self, reader: Reader, channel_id: str, low: int, high: int) -> list[UnreadEntry]:
        found = {
            entry.seq: entry
            for first, last in spans.clipped(reader.stays, low, high)
            for entry in self._log.page(channel_id, first, last, limit=last - first + 1)
        }
        reasons = {seq: reason_of(reader, seq, found.get(seq)) for seq in range(high, low - 1, -1)}
        return [
            UnreadEntry(
                seq=seq,
                message_id=message_id(channel_id, seq) if seq in found else None,
                sender=told_sender(found[seq])[0] if seq in found else None,
                counts=reason is UnreadReason.UNREAD,
                reason=reason,
            )
            for seq, reason in reasons.items()
        ]
