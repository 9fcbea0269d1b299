"""A conversation in one line: its title, its last message, its row of the list."""

from datetime import datetime
from typing import Final

from imapp.cli.chat.room import Room
from imapp.cli.chat.saying import Lexicon, preview_text
from imapp.cli.chat.wording import ago, local, one_line
from schemas.common import ChannelType, Membership, MessageType, Notify
from schemas.conversations import Conversation

NAME_COLUMNS: Final = 24
TIME_COLUMNS: Final = 10
ONLINE: Final = "● "
MARKED: Final = "•"

_NOTIFY: Final = {
    Notify.ALL: "everything may disturb you",
    Notify.MENTIONS: "only what addresses you may disturb you",
    Notify.NONE: "muted: nothing disturbs you",
}


def title(room: Room) -> str:
    """The name of a conversation, with what is special about it."""
    row = room.row
    name = one_line(row.name) or row.channel_id
    if row.membership is Membership.LEFT:
        return f"{name} (left)"
    return f"{name} · {row.member_count}" if row.channel_type is ChannelType.GROUP else name


def last_text(room: Room, lexicon: Lexicon) -> str:
    """The last message of a conversation, with its sender where that is not clear."""
    last = room.row.last_message
    if last is None:
        return ""
    text = preview_text(last, lexicon)
    if last.message_type is MessageType.SYSTEM or last.sender == room.row.peer:
        return text
    return f"{one_line(lexicon.name_of(last.sender))}: {text}"


def cells(room: Room, lexicon: Lexicon, *, is_online: bool) -> tuple[str, str, str, str]:
    """Name, unread label, time and text of the last message, as the list shows them."""
    pin = "▲ " if room.row.pinned else ""
    pin += ONLINE if is_online else ""
    label = room.unread_label or (MARKED if room.row.marked_unread else "")
    when = ago(local(room.row.last_time), datetime.now().astimezone())
    return pin + title(room), label, when, _marks(room) + last_text(room, lexicon)


def _marks(room: Room) -> str:
    """What is to be known before the last message."""
    marks = ["muted"] * (room.row.notify is Notify.NONE) + ["mentions only"] * (
        room.row.notify is Notify.MENTIONS
    )
    marks += ["addresses you"] * room.is_addressed
    marks += [f"draft: {one_line(room.row.draft.text)}"] if room.row.draft is not None else []
    return "".join(f"[{mark}] " for mark in marks)


def tuned_text(what: str, row: Conversation) -> str:
    """What is now set about a conversation; "" for what needs no word."""
    match what:
        case "pinned":
            return "pinned" if row.pinned else "not pinned any more"
        case "notify":
            return _NOTIFY[row.notify]
        case "hidden":
            return "hidden until something new comes" if row.hidden else "in the list again"
        case "marked_unread":
            return "marked as unread" if row.marked_unread else ""
        case "cleared_seq":
            return f"history cleared up to #{row.cleared_seq}, for you alone"
        case _:
            return f"draft: {one_line(row.draft.text)}" if row.draft is not None else "no draft any more"
