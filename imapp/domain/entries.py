"""One entry of a channel's log, as the writer makes it and the store keeps it."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from imapp.domain.ids import message_id
from schemas.common import (
    MESSAGE_STATUS_CODES,
    MESSAGE_TYPE_CODES,
    SYSTEM_SENDER,
    MessageStatus,
    MessageType,
)
from schemas.messages import Entry, Forwarded

PREVIEW_CHARS: Final = 100
PREVIEW_USERS: Final = 5

TYPE_NAMES: Final = {code: name for name, code in MESSAGE_TYPE_CODES.items()}
STATUS_NAMES: Final = {code: name for name, code in MESSAGE_STATUS_CODES.items()}
TEXT: Final = MESSAGE_TYPE_CODES[MessageType.TEXT]
IMAGE: Final = MESSAGE_TYPE_CODES[MessageType.IMAGE]
FILE: Final = MESSAGE_TYPE_CODES[MessageType.FILE]
SYSTEM: Final = MESSAGE_TYPE_CODES[MessageType.SYSTEM]
RECALL: Final = MESSAGE_TYPE_CODES[MessageType.RECALL]
EDIT: Final = MESSAGE_TYPE_CODES[MessageType.EDIT]
NORMAL: Final = MESSAGE_STATUS_CODES[MessageStatus.NORMAL]
RECALLED: Final = MESSAGE_STATUS_CODES[MessageStatus.RECALLED]

CARRIERS: Final = frozenset({IMAGE, FILE})
"""What carries a file."""
MESSAGES: Final = frozenset(
    MESSAGE_TYPE_CODES[kind]
    for kind in (MessageType.TEXT, MessageType.IMAGE, MessageType.EMOJI, MessageType.FILE)
)
"""What people say. Only this counts as unread, disturbs, and can be recalled."""

AMENDMENTS: Final = frozenset({RECALL, EDIT})
"""What changes an earlier entry. No list shows it: lists show what it changed."""


OF_OUTSIDERS: Final = frozenset({"join_requested", "join_withdrawn"})
"""What happened in a group by the wish of who is not in it: members are told that, admins by a list who."""


class Origin(Struct, frozen=True, gc=False):
    """Who said first what is forwarded, and when."""

    sender: str
    sender_name: str
    time_ms: int


class LogEntry(Struct, kw_only=True, gc=False):
    """An entry with what only the server keeps.

    `body_hash` tells a repeat from a conflict and is None once the body is gone (then any body is a repeat).
    `countable` is how many entries up to this one count as unread. `rev` is the seq of the last entry that
    changed this one. `time_ms` is the writer's clock; order is `seq`, never time.
    """

    channel_id: str
    seq: int
    sender: str
    sender_name: str
    sender_avatar: str
    client_message_id: str
    body_hash: bytes | None
    type: int
    content: str
    extra: dict[str, Any]
    reply_to: str | None
    mentions: list[str]
    status: int
    countable: int
    rev: int
    time_ms: int
    mention_all: bool = False
    forwarded: Origin | None = None
    edited_ms: int | None = None

    @property
    def message_id(self) -> str:
        """The id every reader knows it by."""
        return message_id(self.channel_id, self.seq)


def told_sender(entry: LogEntry) -> tuple[str, str]:
    """Whom readers are told to have made an entry, and his name then."""
    if entry.type == SYSTEM and entry.extra.get("event") in OF_OUTSIDERS:
        return SYSTEM_SENDER, ""
    return entry.sender, entry.sender_name


@lru_cache(maxsize=1_024)  # all entries of a batch have the same time
def wire_time(time_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def preview_extra(entry: LogEntry) -> dict[str, Any]:
    """What a list needs to word an entry: what happened, to the first few of whom, or a file's name.

    Texts are cut.
    """
    if entry.type in CARRIERS:
        return {name: _cut(entry.extra[name]) for name in ("name",) if name in entry.extra}
    if entry.type != SYSTEM:
        return {}
    return {name: _cut(value) for name, value in entry.extra.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return value[:PREVIEW_USERS]
    return value[:PREVIEW_CHARS] if isinstance(value, str) else value


def wire_fields(entry: LogEntry) -> dict[str, Any]:
    """The fields of `schemas.messages.Entry`, for it and for the event made of it."""
    sender, sender_name = told_sender(entry)
    is_told = sender == entry.sender
    fields = {
        "message_id": entry.message_id,
        "channel_id": entry.channel_id,
        "seq": entry.seq,
        "sender": sender,
        "sender_name": sender_name,
        "sender_avatar": entry.sender_avatar if is_told else "",
        "client_message_id": entry.client_message_id if is_told else entry.message_id,
        "message_type": TYPE_NAMES[entry.type],
        "content": entry.content,
        "extra": entry.extra,
        "reply_to": entry.reply_to,
        "mentions": entry.mentions,
        "status": STATUS_NAMES[entry.status],
        "server_time": wire_time(entry.time_ms),
    }
    if entry.mention_all:
        fields["mention_all"] = True
    if entry.forwarded is not None:
        fields["forwarded"] = _forwarded(entry.forwarded)
    if entry.edited_ms is not None:
        fields["edited_at"] = wire_time(entry.edited_ms)
    return fields


def wire_entry(entry: LogEntry) -> Entry:
    """The entry as readers get it."""
    return Entry(**wire_fields(entry))


def _forwarded(origin: Origin) -> Forwarded:
    return Forwarded(
        sender=origin.sender, sender_name=origin.sender_name, server_time=wire_time(origin.time_ms)
    )
