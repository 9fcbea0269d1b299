"""Entries, times and refusals in words."""

import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from imapp.cli.chat.emojis import drawn
from schemas.common import MessageStatus, MessageType
from schemas.conversations import Preview
from schemas.frames import ErrorReply
from schemas.messages import Entry

NameOf = Callable[[str], str]
"""The name of a person by user id, "you" for oneself."""
Told = Entry | Preview
"""What can say that something has happened."""

_BIDI: Final = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


def clean(text: str) -> str:
    """A text of others without what would steer the terminal; line breaks stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return "".join(_visible(character) for character in text)


def one_line(text: str) -> str:
    """A cleaned text on one line."""
    return " ".join(clean(text).split())


def local(time: str) -> datetime:
    """A time of the wire in this machine's zone."""
    return datetime.fromisoformat(time).astimezone()


def day(when: datetime) -> str:
    """A day as a divider shows it."""
    return f"{when:%A} {when.day} {when:%B %Y}"


def ago(when: datetime, now: datetime) -> str:
    """A time as short as it stays clear: 12:03, Mon, 2026-11-20."""
    days = (now.date() - when.date()).days
    if days == 0:
        return f"{when:%H:%M}"
    return f"{when:%a}" if 0 < days < 7 else f"{when:%Y-%m-%d}"


def content(message_type: MessageType, text: str) -> str:
    """What stands for a message's content where there is only text."""
    if message_type in (MessageType.TEXT, MessageType.EMOJI):
        return drawn(text)
    return f"[{message_type}] {text}".rstrip()


def preview_text(preview: Preview, name_of: NameOf) -> str:
    """What the newest entry says, in one line."""
    if preview.message_type is MessageType.SYSTEM:
        return one_line(system_text(preview, name_of))
    if preview.status is MessageStatus.RECALLED:
        return "(recalled)"
    said = preview.content or str(preview.extra.get("name", ""))
    return one_line(content(preview.message_type, said))


def entry_text(entry: Entry, name_of: NameOf) -> str:
    """What an entry says, cleaned; whose it is stands before it, except where the system speaks."""
    if entry.message_type is MessageType.SYSTEM:
        return one_line(system_text(entry, name_of))
    if entry.status is MessageStatus.RECALLED:
        return "(recalled)"
    if entry.message_type is MessageType.RECALL:
        return "recalled a message"
    if entry.message_type is MessageType.EDIT:
        return clean(f"(edited) {entry.content}".rstrip())
    if "file_id" in entry.extra:
        return one_line(_marks(entry, name_of) + file_text(entry))
    return clean(_marks(entry, name_of) + content(entry.message_type, entry.content))


def _marks(entry: Entry, name_of: NameOf) -> str:
    """What an entry is beside its text: a reply, somebody else's words."""
    answers = "↪ " if entry.reply_to is not None else ""
    if entry.forwarded is None:
        return answers
    return f"{answers}(forwarded from {entry.forwarded.sender_name or name_of(entry.forwarded.sender)}) "


def file_text(entry: Entry) -> str:
    """What stands for a file: its name and size, and what fetches it."""
    told = entry.extra
    pixels = f", {told['width']} x {told['height']}" if "width" in told else ""
    size = told.get("size")
    size_text = f", {bytes_text(size)}" if isinstance(size, int) else ""
    return f"[{entry.message_type}] {told.get('name', '')}{size_text}{pixels}  /download {told['file_id']}"


def bytes_text(size: int) -> str:
    """A size for people: 512 B, 48 kB, 1.5 MB."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def system_text(entry: Told, name_of: NameOf) -> str:
    """A sentence for a system entry, worded from its `extra`; those of later versions by their name."""
    event = entry.extra.get("event", "")
    who = name_of(entry.sender)
    worded = _EVENTS.get(event)
    return f"{who} {worded(entry, name_of)}" if worded else f"{who}: {event}"


def refusal(error: ErrorReply) -> str:
    """Why something was refused, with the data that explains it."""
    data = "; ".join(f"{key}: {_listed(value)}" for key, value in (error.errors or {}).items())
    return one_line(f"{error.message} ({data})" if data else error.message)


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in ("Cc", "Cs", "Cf", "Zl", "Zp"):
        return character
    # Joiners make one sign of several (emoji, Indic scripts); bidi controls can make a text lie.
    if unicodedata.category(character) == "Cf" and character not in _BIDI:
        return character
    return "\N{REPLACEMENT CHARACTER}"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _people(user_ids: Iterable[str], name_of: NameOf) -> str:
    return ", ".join(map(name_of, user_ids))


def _created(entry: Told, name_of: NameOf) -> str:
    others = [user_id for user_id in entry.extra.get("user_ids", ()) if user_id != entry.sender]
    return f"made the group “{entry.extra.get('name')}” with {_people(others, name_of)}"


def _added(entry: Told, name_of: NameOf) -> str:
    added = f"added {_people(entry.extra.get('user_ids', ()), name_of)}"
    return f"{added}; the chat is now a group" if entry.extra.get("upgraded") else added


def _removed(entry: Told, name_of: NameOf) -> str:
    return f"removed {_people(entry.extra.get('user_ids', ()), name_of)}"


def _left(entry: Told, name_of: NameOf) -> str:
    owner = entry.extra.get("owner")
    return f"left; the owner is now {name_of(owner)}" if owner else "left"


def _updated(entry: Told, _name_of: NameOf) -> str:
    name = entry.extra.get("name")
    if name:
        return f"renamed the group to “{name}”"
    settings = {key: value for key, value in entry.extra.items() if key not in ("event", "avatar")}
    if not settings:
        return "changed the group's picture"
    return f"set {', '.join(f'{key} to {_listed(value)}' for key, value in settings.items())}"


def _role(entry: Told, name_of: NameOf) -> str:
    return f"made {_whom(entry, name_of)} {'an admin' if entry.extra.get('role') == 'admin' else 'a member'}"


def _announced(entry: Told, _name_of: NameOf) -> str:
    text = entry.extra.get("announcement")
    return f"announced: {text}" if text else "took the announcement away"


def _named(entry: Told, name_of: NameOf) -> str:
    nickname = entry.extra.get("nickname")
    whom = _whom(entry, name_of)
    return f"named {whom} “{nickname}”" if nickname else f"took the nickname of {whom} away"


def _muted(entry: Told, name_of: NameOf) -> str:
    until = local(entry.extra.get("until", entry.server_time))
    return f"muted {_whom(entry, name_of)} until {until:%Y-%m-%d %H:%M}"


def _whom(entry: Told, name_of: NameOf) -> str:
    return _people(entry.extra.get("user_ids", ()), name_of)


def _asked(entry: Told, name_of: NameOf) -> str:
    if entry.extra.get("user_ids") == [entry.sender]:
        return "asks to be let in"
    return f"wants {_whom(entry, name_of)} to be let in"


_EVENTS: Final[dict[str, Callable[[Told, NameOf], str]]] = {
    "group_created": _created,
    "members_added": _added,
    "member_removed": _removed,
    "member_left": _left,
    "channel_updated": _updated,
    "role_changed": _role,
    "owner_changed": lambda entry, name_of: f"handed the group over to {_whom(entry, name_of)}",
    "announcement_changed": _announced,
    "nickname_changed": _named,
    "member_muted": _muted,
    "member_unmuted": lambda entry, name_of: f"lets {_whom(entry, name_of)} write again",
    "channel_disabled": lambda _, __: "disabled the channel",
    "channel_enabled": lambda _, __: "enabled the channel",
    "channel_dissolved": lambda _, __: "dissolved the group",
    "join_requested": _asked,
    "join_refused": lambda entry, name_of: f"refused {_whom(entry, name_of)}",
}
