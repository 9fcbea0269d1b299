"""What replies answer, put beside them when they are read: as it is now, and only what one may see."""

from collections.abc import Iterable

from imapp.domain import spans
from imapp.domain.entries import PREVIEW_CHARS, STATUS_NAMES, TYPE_NAMES, LogEntry
from imapp.domain.ids import split_message_id
from imapp.domain.kinds import WITH_FILE
from imapp.domain.spans import Spans
from imapp.stores.messages import MessageLog
from schemas.messages import Entry, Quote


def quotes_of(entries: Iterable[Entry], stays: Spans, log: MessageLog) -> list[Quote]:
    """What these entries of one channel answer, by message id; without what is beyond these stays.

    And without what can't be read now: a page of what is recent waits for no archive.

    One read for all of them, none where nothing is answered.
    """
    named = {entry.reply_to for entry in entries if entry.reply_to is not None}
    places = [split_message_id(name) for name in sorted(named)]
    seen = [(channel_id, seq) for channel_id, seq in places if spans.contains(stays, seq)]
    found = log.at_hand(seen) if seen else {}
    return [_quote(found[name]) for name in sorted(found)]


def _quote(entry: LogEntry) -> Quote:
    kind = TYPE_NAMES[entry.type]
    return Quote(
        message_id=entry.message_id,
        sender=entry.sender,
        sender_name=entry.sender_name,
        message_type=kind,
        content=entry.content[:PREVIEW_CHARS],
        extra=entry.extra if kind in WITH_FILE else {},
        status=STATUS_NAMES[entry.status],
    )
