"""How far somebody has read a channel, wherever that is noted."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from imapp.stores.channel_rows import Head, own_key
from imapp.stores.channels import ChannelStore
from imapp.stores.members import MemberRow, MemberStore
from schemas.common import ChannelType, Notify


class Standing(Struct, frozen=True, gc=False):
    """How far somebody has read a channel, what may disturb him there, and whether it is a direct chat."""

    read_seq: int
    notify: Notify
    direct: bool


def with_own_messages(row: MemberRow, head: Head) -> MemberRow:
    """The row with its owner's own messages read.

    In a direct chat sending notes that in the channel's head, which is written anyway, instead of in his row.
    """
    seq, countable = head.own.get(own_key(row.member.user_id), (0, 0))
    if seq <= row.read_seq:
        return row
    # The head does not say when that was.
    return replace(row, read_seq=seq, read_countable=max(countable, row.read_countable), last_read_ms=None)


class Watermarks:
    """How far people have read, by marks of theirs and by what they sent."""

    def __init__(self, members: MemberStore, channels: ChannelStore) -> None:
        self._members = members
        self._channels = channels

    def of(self, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The watermark at each (channel id, user id), 0 for who was never there."""
        found = self.standings(places)
        return {place: found[place].read_seq if place in found else 0 for place in places}

    def standings(self, places: Collection[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
        """The same with what else their rows say; who was never there is left out."""
        rows = self._members.find_all(places)
        heads = self._channels.heads({channel_id for channel_id, _ in rows})
        return {
            place: Standing(
                with_own_messages(row, heads[place[0]]).read_seq,
                row.notify,
                heads[place[0]].channel.type is ChannelType.DIRECT,
            )
            for place, row in rows.items()
            if place[0] in heads
        }
