"""Channels with heads and settings as rows of `channels` [t_im_channel, chat_session], and back."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from imapp.domain.channel import Announcement, Channel, Settings
from imapp.domain.entries import NORMAL, PREVIEW_CHARS, LogEntry, preview_extra, told_sender
from imapp.domain.unread import NONE_RECALLED, Recalled
from imapp.stores.mongo import Document, to_datetime, to_ms
from schemas.common import CHANNEL_STATUS_CODES, CHANNEL_TYPE_CODES, EditPolicy, JoinPolicy

_TYPES: Final = {code: name for name, code in CHANNEL_TYPE_CODES.items()}
_STATUSES: Final = {code: name for name, code in CHANNEL_STATUS_CODES.items()}


class Preview(Struct, frozen=True):
    """What a conversation list shows of an entry."""

    seq: int
    sender: str
    sender_name: str
    type: int
    content: str
    extra: dict[str, Any]
    time_ms: int
    status: int = NORMAL


class Head(Struct, frozen=True):
    """A channel without its members, as readers need it.

    `own` says how far the people of a direct chat have read by sending: (seq, countable) by `own_key`.
    `mention_all_seq` is the newest entry that addresses everybody, 0 for none.
    """

    channel: Channel
    member_count: int
    preview: Preview | None
    last_ms: int
    changed_at: datetime
    own: Mapping[str, tuple[int, int]]
    mention_all_seq: int = 0
    has_requests: bool = False
    """Whether people wait to be let in, or were refused lately."""
    kept_from_seq: int = 1
    """What is before it was removed for good."""
    retention_days: int | None = None
    """For how long entries are kept: 0 for ever, None as in all channels."""


@lru_cache(maxsize=100_000)
def own_key(user_id: str) -> str:
    """A field name for somebody: no text of a user becomes one."""
    return hashlib.blake2b(user_id.encode(), digest_size=9).hexdigest()


def head_of(entry: LogEntry, shown: LogEntry | None = None) -> Document:
    """What a channel's row says of its newest entry, and of the one that lists show if that is another.

    MongoDB compares documents field by field in their order, so `$max` of two heads is the one with the
    higher seq, and of the same entry the later revision: `seq` and `rev` must stand first.
    """
    place = {"seq": entry.seq, "rev": entry.rev, "countable": entry.countable}
    if shown is None:
        return place | _face(entry)
    return place | _face(shown) | {"shown": shown.seq, "status": shown.status}


def _face(entry: LogEntry) -> Document:
    sender, sender_name = told_sender(entry)
    return {
        "time": to_datetime(entry.time_ms),
        "sender": sender,
        "sender_name": sender_name,
        "type": entry.type,
        "content": entry.content[:PREVIEW_CHARS],
        "extra": preview_extra(entry),
    }


def preview_of(entry: LogEntry) -> Preview:
    """An entry as a list shows it."""
    sender, sender_name = told_sender(entry)
    return Preview(
        seq=entry.seq,
        sender=sender,
        sender_name=sender_name,
        type=entry.type,
        content=entry.content[:PREVIEW_CHARS],
        extra=preview_extra(entry),
        time_ms=entry.time_ms,
        status=entry.status,
    )


def settings_row(channel: Channel) -> Document:
    """What a channel's row says of its settings, and of what changes with them."""
    return {
        "type": CHANNEL_TYPE_CODES[channel.type],
        "name": channel.name,
        "avatar": channel.avatar,
        "owner": channel.owner,
        "max_members": channel.max_members,
        "status": CHANNEL_STATUS_CODES[channel.status],
        "member_count": len(channel.present()),
        "settings": {
            "join": channel.settings.join.value,
            "mute_all": channel.settings.mute_all,
            "edit": channel.settings.edit.value,
        },
        "announcement": _announcement_row(channel.announcement),
        "locked": channel.locked,
        "has_requests": bool(channel.requests),
    } | _recalled(channel)


def _recalled(channel: Channel) -> Document:
    if channel.recalled == NONE_RECALLED:
        return {}
    recalled = channel.recalled
    return {"recalled": {"seqs": list(recalled.seqs), "complete_after": recalled.complete_after}}


def _announcement_row(announcement: Announcement | None) -> Document | None:
    if announcement is None:
        return None
    return {"text": announcement.text, "by": announcement.by, "at": to_datetime(announcement.at_ms)}


def _announcement(row: Document | None) -> Announcement | None:
    return Announcement(row["text"], row["by"], to_ms(row["at"])) if row else None


def _order(row: Document | None) -> Settings:
    """The settings of a group; of one that is older than they are, what holds without any."""
    if not row:
        return Settings()
    return Settings(JoinPolicy(row["join"]), row["mute_all"], EditPolicy(row["edit"]))


def birth_row(channel: Channel, entry: LogEntry | None) -> Document:
    """What a channel's row says besides from its beginning; without an entry it has no head yet."""
    created = to_datetime(channel.created_ms)
    born: dict[str, Any] = {
        "creator": channel.creator,
        "created_at": created,
        "hot_from_seq": 1,
        "indexed_seq": 0,
    }
    if entry is None:
        born["head"] = None
    return born


def head_from(row: Document) -> Head:
    """The channel of a row."""
    head = row["head"]
    return Head(
        channel=Channel(
            channel_id=row["_id"],
            type=_TYPES[row["type"]],
            name=row["name"],
            avatar=row["avatar"],
            creator=row["creator"],
            owner=row["owner"],
            max_members=row["max_members"],
            status=_STATUSES[row["status"]],
            created_ms=to_ms(row["created_at"]),
            members={},
            last_seq=head["seq"] if head else 0,
            last_countable=head["countable"] if head else 0,
            settings=_order(row.get("settings")),
            announcement=_announcement(row.get("announcement")),
            locked=row.get("locked", False),
            recalled=_recalled_of(row["recalled"]) if "recalled" in row else NONE_RECALLED,
        ),
        member_count=row["member_count"],
        preview=_preview(head) if head else None,
        last_ms=to_ms(head["time"] if head else row["created_at"]),
        changed_at=row["changed_at"],
        own={key: (mark["seq"], mark["countable"]) for key, mark in row.get("own", {}).items()},
        has_requests=row.get("has_requests", False),
        mention_all_seq=row.get("mention_all_seq", 0),
        kept_from_seq=row.get("kept_from_seq", 1),
        retention_days=row.get("retention_days"),
    )


def _recalled_of(row: Document) -> Recalled:
    return Recalled(tuple(row["seqs"]), row["complete_after"])


def _preview(head: Document) -> Preview:
    return Preview(
        seq=head["shown"] if "shown" in head else head["seq"],
        sender=head["sender"],
        sender_name=head["sender_name"],
        type=head["type"],
        content=head["content"],
        extra=head["extra"],
        time_ms=to_ms(head["time"]),
        status=head.get("status", NORMAL),
    )
