"""The number on the icon: what somebody has not read, over all of his conversations."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from imapp.services.reading.conversation_rows import is_hidden
from imapp.services.reading.newest import NewestEntries
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog

# Who has two thousand conversations is described by 2,000 rows and heads: so many people are held at once,
# and a query names far less than the 16 MB that one may have.
_PEOPLE: Final = 50


class Badges:
    """Counts as the conversation list does, with as many reads for fifty people as for one."""

    def __init__(self, channels: ChannelStore, members: MemberStore, log: MessageLog) -> None:
        self._channels = channels
        self._members = members
        self._newest = NewestEntries(log)

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
        unread = self._newest.unread(rows, heads, self._newest.of(rows, heads))
        counts: dict[str, int] = defaultdict(int)
        for row, count in zip(rows, unread, strict=True):
            counts[row.member.user_id] += count
        return counts
