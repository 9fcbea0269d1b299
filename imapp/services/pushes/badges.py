"""The number on the icon: what somebody has not read, over all of his conversations."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from imapp.domain.ids import message_id
from imapp.services.reading.conversation_rows import is_hidden
from imapp.services.reading.unread_counts import Stretch, UnreadCounts
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.channels import ChannelStore, Head
from imapp.stores.members import MemberRow, MemberStore
from imapp.stores.messages import MessageLog

# Who has two thousand conversations is described by 2,000 rows and heads: so many people are held at once,
# and a query names far less than the 16 MB that one may have.
_PEOPLE: Final = 50


class Badges:
    """Counts as the conversation list does, with as many reads for fifty people as for one."""

    def __init__(self, channels: ChannelStore, members: MemberStore, log: MessageLog) -> None:
        self._channels = channels
        self._members = members
        self._log = log
        self._counts = UnreadCounts(log)

    def of(self, user_ids: Collection[str]) -> dict[str, int]:
        """The sum of the unread counts of each person's conversation list."""
        people, counts = list(user_ids), dict[str, int]()
        for start in range(0, len(people), _PEOPLE):
            counts |= self._of_some(people[start : start + _PEOPLE])
        return counts

    def _of_some(self, user_ids: Sequence[str]) -> dict[str, int]:
        rows = self._members.rows_of_users(user_ids)
        heads = self._channels.heads({row.channel_id for row in rows})
        rows = [row for row in rows if row.channel_id in heads and not is_hidden(row, heads)]
        last = [row.newest(heads[row.channel_id].channel.last_seq) for row in rows]
        ended = {
            (row.channel_id, seq)
            for row, seq in zip(rows, last, strict=True)
            if seq != heads[row.channel_id].channel.last_seq
        }
        entries = self._log.at(ended)
        stretches = []
        for row, seq in zip(rows, last, strict=True):
            head = heads[row.channel_id]
            if (row.channel_id, seq) in ended:
                entry = entries.get(message_id(row.channel_id, seq))
                countable = entry.countable if entry else 0
            else:
                countable = head.channel.last_countable
            stretches.append(_stretch(row, head, seq, countable))
        counts: dict[str, int] = defaultdict(int)
        for row, count in zip(rows, self._counts.of(stretches), strict=True):
            counts[row.member.user_id] += count
        return counts


def _stretch(row: MemberRow, head: Head, last_seq: int, last_countable: int) -> Stretch:
    read = with_own_messages(row, head)
    return Stretch(
        row.channel_id, head.channel.recalled, read.read_seq, read.read_countable, last_seq, last_countable
    )
