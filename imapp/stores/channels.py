"""Channel heads and settings: collection `channels` [t_im_channel, chat_session]."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.channel import Announcement, Channel, Settings
from imapp.domain.entries import NORMAL, PREVIEW_CHARS, LogEntry, preview_extra, told_sender
from imapp.domain.ids import direct_channel_id
from imapp.domain.unread import NONE_RECALLED, Recalled
from imapp.stores.members import Mark
from imapp.stores.mongo import (
    Database,
    Document,
    mapped_errors,
    starting_with,
    to_datetime,
    to_ms,
    update_fast,
)
from schemas.common import (
    CHANNEL_STATUS_CODES,
    CHANNEL_TYPE_CODES,
    ChannelStatus,
    ChannelType,
    EditPolicy,
    JoinPolicy,
)

_TYPES: Final = {code: name for name, code in CHANNEL_TYPE_CODES.items()}
_STAMP: Final = {"$currentDate": {"changed_at": True}}
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


class ArchiveMarks(Struct, frozen=True):
    """How far a channel's log is indexed, where its hot part begins, and what of it is kept.

    What is before `kept_from_seq` is removed; nothing is left of what is before `purged_from_seq`.
    `retention_days` is how long this channel keeps entries (0: for ever), None if as all do.
    """

    last_seq: int
    indexed_seq: int
    hot_from_seq: int
    kept_from_seq: int = 1
    purged_from_seq: int = 1
    retention_days: int | None = None


class ChannelStore:
    """Reads heads and settings; writes heads of plain sends."""

    def __init__(self, database: Database) -> None:
        self._channels = database["channels"]

    def heads(self, channel_ids: Iterable[str]) -> dict[str, Head]:
        """The channels that exist, by id."""
        with mapped_errors():
            rows = self._channels.find({"_id": {"$in": list(channel_ids)}})
            return {row["_id"]: _head(row) for row in rows}

    def found(
        self,
        *,
        ids: Iterable[str] | None,
        name: str,
        status: ChannelStatus | None,
        after: str,
        limit: int,
    ) -> list[Head]:
        """Channels by id, those after the given one: among the ids, and whose name starts so."""
        wanted: Document = {"_id": {"$gt": after}}
        if ids is not None:
            wanted["_id"]["$in"] = list(ids)
        if name:
            wanted["name"] = starting_with(name)
        if status is not None:
            wanted["status"] = CHANNEL_STATUS_CODES[status]
        with mapped_errors():
            return [_head(row) for row in self._channels.find(wanted).sort("_id", ASCENDING).limit(limit)]

    def last_seqs(self, after: str, limit: int) -> dict[str, int]:
        """The newest seq of so many channels, by id, those after the given one."""
        fields = {"head.seq": 1}
        with mapped_errors():
            rows = self._channels.find({"_id": {"$gt": after}}, fields).sort("_id", ASCENDING).limit(limit)
            return {row["_id"]: (row.get("head") or {}).get("seq", 0) for row in rows}

    def archive_marks(self, channel_id: str) -> ArchiveMarks | None:
        """How a channel's log is spread, None where there is no such channel."""
        names = (
            "head.seq",
            "indexed_seq",
            "hot_from_seq",
            "kept_from_seq",
            "purged_from_seq",
            "retention_days",
        )
        fields = dict.fromkeys(names, 1)
        with mapped_errors():
            row = self._channels.find_one({"_id": channel_id}, fields)
        if row is None:
            return None
        last_seq = (row.get("head") or {}).get("seq", 0)
        return ArchiveMarks(
            last_seq=last_seq,
            indexed_seq=row.get("indexed_seq", 0),
            hot_from_seq=row.get("hot_from_seq", 1),
            kept_from_seq=row.get("kept_from_seq", 1),
            purged_from_seq=row.get("purged_from_seq", 1),
            retention_days=row.get("retention_days"),
        )

    def note_purged(self, channel_id: str, from_seq: int) -> None:
        """Note that nothing is left of what is before this seq."""
        with mapped_errors():
            self._channels.update_one({"_id": channel_id}, {"$max": {"purged_from_seq": from_seq}})

    def set_retention(self, channel_id: str, days: int | None) -> bool:
        """Set for how long a channel keeps entries: 0 for ever, None as all do; whether there is one."""
        change = {"$unset": {"retention_days": ""}} if days is None else {"$set": {"retention_days": days}}
        with mapped_errors():
            return self._channels.update_one({"_id": channel_id}, change).matched_count > 0

    def ids(self, after: str, limit: int) -> list[str]:
        """Ids of so many channels, those after the given one."""
        with mapped_errors():
            rows = (
                self._channels.find({"_id": {"$gt": after}}, {"_id": 1}).sort("_id", ASCENDING).limit(limit)
            )
            return [row["_id"] for row in rows]

    def newest_generation(self, key: str) -> Head | None:
        """The newest direct channel of a pair (or what it has become), given the stable part of its id."""
        bounds = {"$gte": direct_channel_id(key, 0), "$lte": key + "zzz"}
        with mapped_errors():
            row = self._channels.find_one({"_id": bounds}, sort=[("_id", DESCENDING)])
        return _head(row) if row else None

    def count_made_by(self, user_id: str, at_most: int) -> int:
        """How many groups somebody has made; counts no further than asked."""
        wanted = {"creator": user_id, "type": CHANNEL_TYPE_CODES[ChannelType.GROUP]}
        with mapped_errors():
            return self._channels.count_documents(wanted, limit=at_most)

    def move_heads(self, newest: Iterable[LogEntry], own: Iterable[Mark] = ()) -> None:
        """Show the newest entry of each channel, and with it how far its senders have read by sending.

        A head never moves back, so order does not matter; each channel is stamped as changed.
        """
        updates = _moves(newest, own)
        for change in updates.values():
            change.update(_STAMP)
        update_fast(self._channels, [({"_id": name}, change) for name, change in updates.items()])

    def mend_heads(self, newest: Iterable[LogEntry], own: Iterable[Mark] = ()) -> None:
        """The same for heads that are most likely right: where nothing was lost, nothing is stamped."""
        entries = list(newest)
        self_healing = [({"_id": name}, change) for name, change in _moves((), own).items()]
        behind = [
            ({"_id": name, "head.seq": {"$lt": change["$max"]["head"]["seq"]}}, change | _STAMP)
            for name, change in _moves(entries, ()).items()
        ]
        update_fast(self._channels, self_healing + behind)

    def mark_all_mentioned(self, seqs: Mapping[str, int]) -> None:
        """Note durably the newest entry that addresses everybody, by channel id; never back."""
        updates = [
            UpdateOne({"_id": channel_id}, {"$max": {"mention_all_seq": seq}})
            for channel_id, seq in seqs.items()
        ]
        if updates:
            with mapped_errors():
                self._channels.bulk_write(updates, ordered=False)

    def store(
        self,
        channel: Channel,
        entry: LogEntry | None,
        *,
        shown: LogEntry | None = None,
        created: bool,
        session: ClientSession,
    ) -> None:
        """Write a channel's settings and head as part of a transaction.

        `shown` is what lists show of the channel if that is not the entry itself.

        Raises:
            LogConflict: it was to be created and is there.
        """
        fields = _settings(channel) | ({"head": head_of(entry, shown)} if entry else {})
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


def _settings(channel: Channel) -> Document:
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


def _birth(channel: Channel, entry: LogEntry | None) -> Document:
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


def _moves(newest: Iterable[LogEntry], own: Iterable[Mark]) -> dict[str, Document]:
    """The change of each channel's row, by channel id; the later of two entries of a channel counts."""
    changes: dict[str, Document] = {entry.channel_id: {"$max": {"head": head_of(entry)}} for entry in newest}
    for mark in own:
        further = changes.setdefault(mark.channel_id, {"$max": {}})["$max"]
        further[f"own.{own_key(mark.user_id)}"] = {"seq": mark.seq, "countable": mark.countable}
    return changes


def _head(row: Document) -> Head:
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
