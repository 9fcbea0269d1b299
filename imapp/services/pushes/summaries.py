"""How far messages got: "read by 12 of 40", for one message or for a list of one's own."""

from collections.abc import Collection

import msgspec

from imapp.domain import spans
from imapp.domain.entries import LogEntry
from imapp.domain.ids import split_message_id
from imapp.errors import RequestError
from imapp.services.pushes.recipients import PushService
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from schemas.errors import ErrorCode
from schemas.receipts import MessageIds, ReceiptSummaries, ReceiptSummary


class SummaryService:
    """Counts the recipients of messages by state."""

    def __init__(self, *, pushes: PushService, members: MemberStore, log: MessageLog) -> None:
        self._pushes = pushes
        self._members = members
        self._log = log

    def one(self, user_id: str, message_id: str) -> ReceiptSummary:
        """The counts of a message, for a present member who may read it.

        Raises:
            RequestError: `not_found`, or `not_member` for somebody who has left.
        """
        return self._of(user_id, self._pushes.readable_entry(user_id, message_id))

    def own(self, user_id: str, message_ids: Collection[str]) -> ReceiptSummaries:
        """The counts of these messages of his, in their order.

        Left out is what is not his own, what he may not read any more, and what is of a channel he has left.
        """
        places = {name: split_message_id(name) for name in message_ids}
        rows = self._members.find_all({(channel_id, user_id) for channel_id, _ in places.values()})
        readable = [
            place
            for place in places.values()
            if (row := rows.get((place[0], user_id))) is not None
            and row.member.present
            and spans.contains(row.member.spans, place[1])
        ]
        entries = self._log.at(readable) if readable else {}
        mine = [entries[name] for name in places if name in entries and entries[name].sender == user_id]
        return ReceiptSummaries(messages=[self._of(user_id, entry) for entry in mine])

    def _of(self, user_id: str, entry: LogEntry) -> ReceiptSummary:
        return ReceiptSummary(
            message_id=entry.message_id,
            channel_id=entry.channel_id,
            seq=entry.seq,
            counts=self._pushes.counts(user_id, entry),
        )


def message_ids_of(ids: str) -> list[str]:
    """The message ids in a parameter that has commas between them.

    Raises:
        RequestError: `invalid`: one is none, or there are too many.
    """
    try:
        return msgspec.convert(ids.split(","), MessageIds)
    except msgspec.ValidationError as error:
        raise RequestError(ErrorCode.INVALID, ids=str(error)[:200]) from error
