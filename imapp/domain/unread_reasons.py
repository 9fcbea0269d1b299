"""Why an entry counts as unread for somebody, or does not."""

from dataclasses import dataclass

from imapp.domain import spans
from imapp.domain.entries import MESSAGES, RECALLED, SYSTEM, LogEntry
from imapp.domain.spans import Spans
from schemas.conversations import UnreadReason


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody as far as it matters for what is unread; what he has cleared is outside his stays."""

    user_id: str
    stays: Spans
    removed_seq: int
    cleared_seq: int
    read_seq: int


def reason_of(reader: Reader, seq: int, entry: LogEntry | None) -> UnreadReason:
    """Why the entry at `seq` counts or does not; the entry itself is only needed where he may read it."""
    if seq <= reader.removed_seq:
        return UnreadReason.REMOVED
    if seq <= reader.cleared_seq:
        return UnreadReason.CLEARED
    if entry is None or not spans.contains(reader.stays, seq):
        return UnreadReason.NOT_THERE
    if entry.type not in MESSAGES:
        return UnreadReason.SYSTEM if entry.type == SYSTEM else UnreadReason.CHANGE
    return _of_message(reader, entry)


def _of_message(reader: Reader, entry: LogEntry) -> UnreadReason:
    if entry.sender == reader.user_id:
        return UnreadReason.OWN
    if entry.status == RECALLED:
        return UnreadReason.RECALLED
    return UnreadReason.READ if entry.seq <= reader.read_seq else UnreadReason.UNREAD
