"""A conversation in one line: its title, its last message, its row of the list."""

from datetime import datetime
from typing import Final

from imapp.cli.chat.room import Room
from imapp.cli.chat.wording import NameOf, ago, local, one_line, preview_text
from schemas.common import ChannelType, Membership, MessageType

NAME_COLUMNS: Final = 24
TIME_COLUMNS: Final = 10
ONLINE: Final = "● "


def title(room: Room) -> str:
    """The name of a conversation, with what is special about it."""
    row = room.row
    name = one_line(row.name) or row.channel_id
    if row.membership is Membership.LEFT:
        return f"{name} (left)"
    return f"{name} · {row.member_count}" if row.channel_type is ChannelType.GROUP else name


def last_text(room: Room, name_of: NameOf) -> str:
    """The last message of a conversation, with its sender where that is not clear."""
    last = room.row.last_message
    if last is None:
        return ""
    text = preview_text(last, name_of)
    if last.message_type is MessageType.SYSTEM or last.sender == room.row.peer:
        return text
    return f"{one_line(name_of(last.sender))}: {text}"


def cells(room: Room, name_of: NameOf, *, is_online: bool) -> tuple[str, str, str, str]:
    """Name, unread label, time and text of the last message, as the list shows them."""
    pin = "▲ " if room.row.pinned else ""
    pin += ONLINE if is_online else ""
    when = ago(local(room.row.last_time), datetime.now().astimezone())
    return pin + title(room), room.unread_label, when, last_text(room, name_of)
