"""The mark of a conversation in which somebody is addressed. It goes when he reads, and with a recall."""

from collections.abc import Iterable, Mapping

from imapp.domain import spans
from imapp.domain.entries import NORMAL
from imapp.domain.ids import message_id
from imapp.domain.references import is_addressed
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channels import Head
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog


def unread_mentions(rows: Iterable[MemberRow], heads: Mapping[str, Head], log: MessageLog) -> dict[str, int]:
    """The newest unread entry that addresses the owner of each row, by channel id; no entry for none.

    One read for all that may be marked, none where no row is.
    """
    marked = {row.channel_id: (row, seq) for row in rows if (seq := _marked(row, heads[row.channel_id]))}
    if not marked:
        return {}
    entries = log.at((channel_id, seq) for channel_id, (_, seq) in marked.items())
    found: dict[str, int] = {}
    for channel_id, (row, seq) in marked.items():
        entry = entries.get(message_id(channel_id, seq))
        if entry is not None and entry.status == NORMAL and is_addressed(row.member.user_id, entry):
            found[channel_id] = seq
    return found


def _marked(row: MemberRow, head: Head) -> int:
    """The newest entry that was noted down for him, 0 if he has read it or may not see it."""
    read_seq = with_own_messages(row, head).read_seq
    noted = (row.mentioned_seq, head.mention_all_seq)
    return max((seq for seq in noted if seq > read_seq and spans.contains(row.member.spans, seq)), default=0)
