"""Rooms that sync has not told of yet: made from the little that is known, until it does."""

from imapp.cli.chat.room import Room
from schemas.common import ChannelStatus, ChannelType, Membership, Notify
from schemas.conversations import Conversation
from schemas.messages import Entry


def stranger(entry: Entry, me: str) -> Room:
    """A room of which only this entry is known."""
    row = _row(entry.channel_id, name=entry.sender_name or entry.sender, time=entry.server_time)
    row.last_seq = row.read_seq = entry.seq - 1
    return _unlisted(row, me)


def empty_direct(channel_id: str, *, peer: str, name: str, time: str, me: str) -> Room:
    """The direct chat with somebody in which nothing was said: sync lists it from its first message on."""
    row = _row(channel_id, name=name, time=time)
    row.peer = peer
    return _unlisted(row, me)


def _unlisted(row: Conversation, me: str) -> Room:
    room = Room(row, me)
    room.known = False
    return room


def _row(channel_id: str, *, name: str, time: str) -> Conversation:
    return Conversation(
        channel_id=channel_id,
        channel_type=ChannelType.DIRECT,
        name=name,
        avatar="",
        status=ChannelStatus.ENABLED,
        membership=Membership.NORMAL,
        member_count=2,
        last_seq=0,
        read_seq=0,
        unread=0,
        unread_label="",
        last_message=None,
        last_time=time,
        pinned=False,
        notify=Notify.ALL,
    )
