"""Channel heads and settings: collection `channels` [t_im_channel, chat_session]."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import DESCENDING, UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.channel import Channel
from imapp.domain.entries import PREVIEW_CHARS, LogEntry, preview_extra
from imapp.domain.ids import direct_channel_id
from imapp.stores.mongo import Database, Document, fast, mapped_errors, to_datetime, to_ms
from schemas.common import CHANNEL_STATUS_CODES, CHANNEL_TYPE_CODES

_TYPES: Final = {code: name for name, code in CHANNEL_TYPE_CODES.items()}
_STATUSES: Final = {code: name for name, code in CHANNEL_STATUS_CODES.items()}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a conversation list shows of an entry."""

    seq: int
    sender: str
    sender_name: str
    type: int
    content: str
    extra: dict[str, Any]
    time_ms: int


@dataclass(frozen=True, slots=True)
class Head:
    """A channel without its members, as readers need it."""

    channel: Channel
    member_count: int
    preview: Preview | None
    last_ms: int
    changed_at: datetime


class ChannelStore:
    """Reads heads and settings; writes heads of plain sends."""

    def __init__(self, database: Database) -> None:
        self._channels = database["channels"]
        self._heads = fast(self._channels)

    def heads(self, channel_ids: Iterable[str]) -> dict[str, Head]:
        """The channels that exist, by id."""
        with mapped_errors():
            rows = self._channels.find({"_id": {"$in": list(channel_ids)}})
            return {row["_id"]: _head(row) for row in rows}

    def newest_generation(self, key: str) -> Head | None:
        """The newest direct channel of a pair (or what it has become), given the stable part of its id."""
        bounds = {"$gte": direct_channel_id(key, 0), "$lte": key + "zzz"}
        with mapped_errors():
            row = self._channels.find_one({"_id": bounds}, sort=[("_id", DESCENDING)])
        return _head(row) if row else None

    def move_heads(self, newest: Iterable[LogEntry]) -> None:
        """Show the newest entry of each channel. A head never moves back, so order does not matter."""
        updates = [
            UpdateOne(
                {"_id": entry.channel_id, "last_seq": {"$lt": entry.seq}},
                {"$set": head_fields(entry), "$currentDate": {"changed_at": True}},
            )
            for entry in newest
        ]
        if updates:
            with mapped_errors():
                self._heads.bulk_write(updates, ordered=False)

    def store(
        self, channel: Channel, entry: LogEntry | None, *, created: bool, session: ClientSession
    ) -> None:
        """Write a channel's settings and head as part of a transaction.

        Raises:
            LogConflict: it was to be created and is there.
        """
        fields = _settings(channel) | (head_fields(entry) if entry else {})
        if created:
            fields |= _birth(channel, entry)
            with mapped_errors():
                self._channels.insert_one({"_id": channel.channel_id, **fields}, session=session)
                # The database's own clock stamps every change; an insert can't do that itself.
                self._channels.update_one(
                    {"_id": channel.channel_id}, {"$currentDate": {"changed_at": True}}, session=session
                )
            return
        with mapped_errors():
            self._channels.update_one(
                {"_id": channel.channel_id},
                {"$set": fields, "$currentDate": {"changed_at": True}},
                session=session,
            )


def head_fields(entry: LogEntry) -> Document:
    """What a channel's row says of its newest entry."""
    return {
        "last_seq": entry.seq,
        "last_countable": entry.countable,
        "last_time": to_datetime(entry.time_ms),
        "preview": {
            "seq": entry.seq,
            "sender": entry.sender,
            "sender_name": entry.sender_name,
            "type": entry.type,
            "content": entry.content[:PREVIEW_CHARS],
            "extra": preview_extra(entry),
            "time": to_datetime(entry.time_ms),
        },
    }


def preview_of(entry: LogEntry) -> Preview:
    """An entry as a list shows it."""
    return Preview(
        seq=entry.seq,
        sender=entry.sender,
        sender_name=entry.sender_name,
        type=entry.type,
        content=entry.content[:PREVIEW_CHARS],
        extra=preview_extra(entry),
        time_ms=entry.time_ms,
    )


def _settings(channel: Channel) -> Document:
    return {
        "type": CHANNEL_TYPE_CODES[channel.type],
        "name": channel.name,
        "avatar": channel.avatar,
        "owner": channel.owner,
        "max_members": channel.max_members,
        "status": CHANNEL_STATUS_CODES[channel.status],
        "member_count": len(channel.present()),
    }


def _birth(channel: Channel, entry: LogEntry | None) -> Document:
    created = to_datetime(channel.created_ms)
    born: dict[str, Any] = {
        "creator": channel.creator,
        "created_at": created,
        "hot_from_seq": 1,
        "indexed_seq": 0,
    }
    if entry is None:
        born |= {"last_seq": 0, "last_countable": 0, "last_time": created, "preview": None}
    return born


def _head(row: Document) -> Head:
    preview = row["preview"]
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
            last_seq=row["last_seq"],
            last_countable=row["last_countable"],
        ),
        member_count=row["member_count"],
        preview=Preview(**{"extra": {}, **_without(preview, "time"), "time_ms": to_ms(preview["time"])})
        if preview
        else None,
        last_ms=to_ms(row["last_time"]),
        changed_at=row["changed_at"],
    )


def _without(document: Document, name: str) -> Document:
    return {key: value for key, value in document.items() if key != name}
