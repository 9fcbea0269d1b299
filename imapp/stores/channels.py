"""Channel heads and settings: collection `channels` [t_im_channel, chat_session]."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain.channel import Channel
from imapp.domain.entries import LogEntry
from imapp.domain.ids import direct_channel_id
from imapp.stores.channel_rows import Head, birth_row, head_from, head_of, own_key, settings_row
from imapp.stores.members import Mark
from imapp.stores.mongo import Database, Document, mapped_errors, starting_with, update_fast
from schemas.common import CHANNEL_STATUS_CODES, CHANNEL_TYPE_CODES, ChannelStatus, ChannelType

_STAMP: Final = {"$currentDate": {"changed_at": True}}


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
            return {row["_id"]: head_from(row) for row in rows}

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
            return [head_from(row) for row in self._channels.find(wanted).sort("_id", ASCENDING).limit(limit)]

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
        return head_from(row) if row else None

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
        fields = settings_row(channel) | ({"head": head_of(entry, shown)} if entry else {})
        if created:
            fields |= birth_row(channel, entry)
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


def _moves(newest: Iterable[LogEntry], own: Iterable[Mark]) -> dict[str, Document]:
    """The change of each channel's row, by channel id; the later of two entries of a channel counts."""
    changes: dict[str, Document] = {entry.channel_id: {"$max": {"head": head_of(entry)}} for entry in newest}
    for mark in own:
        further = changes.setdefault(mark.channel_id, {"$max": {}})["$max"]
        further[f"own.{own_key(mark.user_id)}"] = {"seq": mark.seq, "countable": mark.countable}
    return changes
