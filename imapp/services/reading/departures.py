"""What a channel looks like to somebody who has left it: as it was then (I3)."""

import dataclasses

from msgspec import structs

from imapp.stores.channel_rows import Head
from imapp.stores.members import MemberRow


def as_seen_by(row: MemberRow, head: Head) -> Head:
    """The head with the settings that the row's owner may know: the present ones for who is in the channel.

    Its newest entry is still the channel's; what of the log he may see is a matter of his stays.
    """
    left = row.departure
    if left is None or row.member.present:
        return head
    channel = dataclasses.replace(
        head.channel,
        name=left.name,
        avatar=left.avatar,
        owner=left.owner,
        status=left.status,
        max_members=left.max_members,
    )
    return structs.replace(head, channel=channel, member_count=left.member_count)
