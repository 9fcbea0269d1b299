"""The mark of a conversation in which somebody is addressed. It goes when he reads, and with a recall.

Only the newest such message is noted. If it was recalled, or edited so that it addresses him no more, or if
all were addressed after he had left, the log is asked for an older one: what is rare is looked up, so that
sending writes nothing more for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imapp.domain import spans
from imapp.domain.entries import NORMAL, LogEntry
from imapp.domain.ids import message_id
from imapp.domain.references import is_addressed
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog

_LOOK_BACK: Final = 10_000  # entries: some milliseconds of MongoDB
# What is said to all after he left stays ahead of what he reads for ever, so each list of his asks.
_LOOK_BACK_OF_WHO_LEFT: Final = 500


def unread_mentions(rows: Iterable[MemberRow], heads: Mapping[str, Head], log: MessageLog) -> dict[str, int]:
    """The newest unread entry that addresses the owner of each row, by channel id; no entry for none.

    One read for all that may be marked, none where no row is; one more for each whose newest does not count.
    """
    shown = (with_own_messages(row, heads[row.channel_id]) for row in rows)
    marked = [(row, noted) for row in shown if (noted := _noted(row, heads[row.channel_id]))]
    if not marked:
        return {}
    entries = log.at_hand((row.channel_id, seq) for row, noted in marked for seq in _seen(row, noted))
    found = {row.channel_id: _newest(row, noted, entries, log) for row, noted in marked}
    return {channel_id: seq for channel_id, seq in found.items() if seq}


def _noted(row: MemberRow, head: Head) -> list[int]:
    """What was noted down for him and for all, beyond what he has read. It may lie outside his stays."""
    return [seq for seq in (row.mentioned_seq, head.mention_all_seq) if seq > row.read_seq]


def _seen(row: MemberRow, noted: Iterable[int]) -> list[int]:
    return [seq for seq in noted if spans.contains(row.member.spans, seq)]


def _newest(row: MemberRow, noted: Sequence[int], entries: Mapping[str, LogEntry], log: MessageLog) -> int:
    """The newest that counts, 0 for none. Behind a noted one that does not there may be another."""
    user_id = row.member.user_id
    counting = [
        seq
        for seq in _seen(row, noted)
        if (entry := entries.get(message_id(row.channel_id, seq))) is not None
        and entry.status == NORMAL
        and is_addressed(user_id, entry)
    ]
    known = max(counting, default=0)
    return known if known == max(noted) else max(known, _older(row, max(noted), log))


def _older(row: MemberRow, seq: int, log: MessageLog) -> int:
    """The newest one before a noted one, of those that he may see and has not read; 0 for none."""
    stays = row.member.spans
    high = spans.visible_last(stays, seq - 1)
    low = max(row.read_seq + 1, high - (_LOOK_BACK if row.member.present else _LOOK_BACK_OF_WHO_LEFT) + 1)
    for first, last in reversed(list(spans.clipped(stays, low, high))):
        if found := log.newest_addressing(row.member.user_id, row.channel_id, first, last):
            return found
    return 0
