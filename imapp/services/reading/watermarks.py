"""How far somebody has read a channel, wherever that is noted."""

from msgspec.structs import replace

from imapp.stores.channels import Head, own_key
from imapp.stores.members import MemberRow


def with_own_messages(row: MemberRow, head: Head) -> MemberRow:
    """The row with its owner's own messages read.

    In a direct chat sending notes that in the channel's head, which is written anyway, instead of in his row.
    """
    seq, countable = head.own.get(own_key(row.member.user_id), (0, 0))
    if seq <= row.read_seq:
        return row
    return replace(row, read_seq=seq, read_countable=max(countable, row.read_countable))
