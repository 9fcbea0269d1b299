"""The mark of a conversation in which somebody is addressed. It goes when he reads, and with a recall.

Only the newest such message is noted. If it was recalled, or edited so that it addresses him no more, the log
is asked for an older one: what is rare is looked up, so that sending writes nothing more for it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from imapp.domain import spans
from imapp.domain.entries import NORMAL
from imapp.domain.ids import message_id
from imapp.domain.references import is_addressed
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channel_rows import Head
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog

_LOOK_BACK: Final = 10_000  # entries: some milliseconds of MongoDB


def unread_mentions(rows: Iterable[MemberRow], heads: Mapping[str, Head], log: MessageLog) -> dict[str, int]:
    """The newest unread entry that addresses the owner of each row, by channel id; no entry for none.

    One read for all that may be marked, none where no row is; one more for each whose newest does not count.
    """
    shown = (with_own_messages(row, heads[row.channel_id]) for row in rows)
    marked = {row.channel_id: (row, seq) for row in shown if (seq := _marked(row, heads[row.channel_id]))}
    if not marked:
        return {}
    entries = log.at((channel_id, seq) for channel_id, (_, seq) in marked.items())
    found: dict[str, int] = {}
    for channel_id, (row, seq) in marked.items():
        entry = entries.get(message_id(channel_id, seq))
        if entry is not None and entry.status == NORMAL and is_addressed(row.member.user_id, entry):
            found[channel_id] = seq
        elif older := _older(row, seq, log):
            found[channel_id] = older
    return found


def _marked(row: MemberRow, head: Head) -> int:
    """The newest entry that was noted down for him, 0 if he has read it or may not see it."""
    stays = row.member.spans
    noted = (row.mentioned_seq, head.mention_all_seq)
    return max((seq for seq in noted if seq > row.read_seq and spans.contains(stays, seq)), default=0)


def _older(row: MemberRow, seq: int, log: MessageLog) -> int:
    """The newest one before a noted one, of those that he may see and has not read; 0 for none."""
    for start, end in reversed(row.member.spans):
        low = max(start, row.read_seq + 1, seq - _LOOK_BACK)
        high = min(seq - 1, seq if end is None else end)
        if low <= high and (found := log.newest_addressing(row.member.user_id, row.channel_id, low, high)):
            return found
    return 0
