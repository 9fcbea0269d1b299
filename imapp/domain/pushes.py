"""Who must hear of new entries outside the socket. The presence of people is not decided here."""

from collections.abc import Iterable
from dataclasses import dataclass

from imapp.domain import spans
from imapp.domain.entries import MESSAGES, NORMAL, LogEntry
from imapp.domain.references import is_addressed
from imapp.domain.spans import Spans
from schemas.common import Notify


@dataclass(frozen=True, slots=True)
class Listener:
    """A member as far as it matters for disturbing him."""

    user_id: str
    spans: Spans
    notify: Notify
    read_seq: int


@dataclass(frozen=True, slots=True)
class News:
    """What is new to somebody and may disturb him: the newest entry, how many, whether one addresses him."""

    entry: LogEntry
    messages: int
    mentioned: bool


def may_disturb(notify: Notify, *, mentioned: bool) -> bool:
    """Whether a message may disturb a member who has set this."""
    return notify is Notify.ALL or (notify is Notify.MENTIONS and mentioned)


def news_for(listener: Listener, entries: Iterable[LogEntry]) -> News | None:
    """What of these entries, by seq, he must hear of if he is not connected; None for nothing.

    Not his own, not what he has read or may not see, not what the system says, not what was recalled.
    """
    found = [entry for entry in entries if _concerns(listener, entry)]
    if not found:
        return None
    return News(found[-1], len(found), any(is_addressed(listener.user_id, entry) for entry in found))


def _concerns(listener: Listener, entry: LogEntry) -> bool:
    return (
        entry.type in MESSAGES
        and entry.status == NORMAL
        and entry.sender != listener.user_id
        and entry.seq > listener.read_seq
        and spans.contains(listener.spans, entry.seq)
        and may_disturb(listener.notify, mentioned=is_addressed(listener.user_id, entry))
    )
