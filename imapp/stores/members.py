"""Who is in which channel, and how far he has read: collection `members` [t_im_channel_user]."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec import Struct
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from imapp.domain import spans
from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted
from imapp.domain.entries import LogEntry
from imapp.stores.mongo import Database, Document, mapped_errors, to_datetime, to_ms, update_fast
from imapp.stores.personal import Draft, PersonalState, draft_of, marked_of, state_stage
from schemas.common import (
    CHANNEL_STATUS_CODES,
    DEFAULT_MAX_MEMBERS,
    MEMBERSHIP_CODES,
    ROLE_CODES,
    ChannelStatus,
    Membership,
    Notify,
)

_ROLES: Final = {code: name for name, code in ROLE_CODES.items()}
_STATUSES: Final = {code: name for name, code in CHANNEL_STATUS_CODES.items()}


class Departure(Struct, frozen=True):
    """What a channel looked like when somebody left it: all that he may know of it from then on."""

    name: str
    avatar: str
    owner: str | None
    status: ChannelStatus
    max_members: int
    member_count: int


class MemberRow(Struct, frozen=True):
    """A member with what is his own: watermark, settings, draft; and for who has left, what he left behind.

    What he has cleared lies outside his stays here and counts as read, so whatever reads by rows neither
    shows nor counts it; his stays as they were are those of `of_channels`. `marked_seq` is his watermark when
    he marked the conversation as unread, None unless he did and has not looked since. `last_read_ms` is the
    latest time of what moved his watermark, None where that is not known.
    """

    channel_id: str
    member: Member
    joined_ms: int
    read_seq: int
    read_countable: int
    notify: Notify
    pinned: bool
    changed_at: datetime
    departure: Departure | None = None
    mentioned_seq: int = 0
    cleared_seq: int = 0
    hidden_seq: int = 0
    marked_seq: int | None = None
    draft: Draft | None = None
    last_read_ms: int | None = None

    def newest(self, last_seq: int) -> int:
        """The newest seq he may know of in a log that ends at `last_seq`; 0 for none."""
        return max(spans.visible_last(self.member.spans, last_seq), self.cleared_seq)

    def hidden(self, last_seq: int) -> bool:
        """Whether he has hidden the conversation and nothing has come since."""
        return 0 < self.newest(last_seq) <= self.hidden_seq

    def removed_seq(self, kept_from_seq: int) -> int:
        """Up to where all is gone for good. Who has left must not learn from it how the channel goes on."""
        return min(self.cleared_seq, kept_from_seq - 1)

    @property
    def marked_unread(self) -> bool:
        """Whether he wants to come back to it, though he has read it."""
        return self.marked_seq is not None and self.read_seq <= self.marked_seq


class Mark(Struct, frozen=True, gc=False):
    """A read watermark: a seq, and how many entries up to it count as unread."""

    channel_id: str
    user_id: str
    seq: int
    countable: int
    at_ms: int


class MemberStore:
    """Reads members by channel or by person; writes stays and watermarks."""

    def __init__(self, database: Database) -> None:
        self._members = database["members"]

    def of_channels(self, channel_ids: Iterable[str]) -> dict[str, dict[str, Member]]:
        """Everybody who is or was in these channels, by channel and user id."""
        found: dict[str, dict[str, Member]] = {}
        with mapped_errors():
            for row in self._members.find({"channel_id": {"$in": list(channel_ids)}}):
                found.setdefault(row["channel_id"], {})[row["user_id"]] = _member(row)
        return found

    def of_users(self, user_ids: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
        """Where these people are now, by user id: (channel id, seq from which on)."""
        wanted = {"user_id": {"$in": list(user_ids)}, "status": MEMBERSHIP_CODES[Membership.NORMAL]}
        fields = {"_id": 0, "user_id": 1, "channel_id": 1, "spans": 1}
        found: dict[str, list[tuple[str, int]]] = {}
        with mapped_errors():
            for row in self._members.find(wanted, fields):
                found.setdefault(row["user_id"], []).append((row["channel_id"], row["spans"][-1][0]))
        return found

    def channels_of(self, user_id: str) -> list[str]:
        """The ids of all channels in which somebody is now."""
        wanted = {"user_id": user_id, "status": MEMBERSHIP_CODES[Membership.NORMAL]}
        with mapped_errors():
            return [row["channel_id"] for row in self._members.find(wanted, {"_id": 0, "channel_id": 1})]

    def in_many(self, user_ids: Iterable[str], least: int) -> list[str]:
        """Those of these people who are in at least so many channels."""
        present = {"user_id": {"$in": list(user_ids)}, "status": MEMBERSHIP_CODES[Membership.NORMAL]}
        count = {"_id": "$user_id", "channels": {"$sum": 1}}
        steps: list[Document] = [
            {"$match": present},
            {"$group": count},
            {"$match": {"channels": {"$gte": least}}},
        ]
        with mapped_errors():
            return sorted(row["_id"] for row in self._members.aggregate(steps))

    def present_of(self, channel_id: str, user_ids: Iterable[str]) -> set[str]:
        """Those of these people who are in a channel."""
        wanted = {
            "channel_id": channel_id,
            "user_id": {"$in": list(user_ids)},
            "status": MEMBERSHIP_CODES[Membership.NORMAL],
        }
        with mapped_errors():
            return {row["user_id"] for row in self._members.find(wanted, {"_id": 0, "user_id": 1})}

    def rows_of(self, user_id: str) -> list[MemberRow]:
        """Every channel in which somebody is or was."""
        with mapped_errors():
            return [_row(row) for row in self._members.find({"user_id": user_id})]

    def rows_of_users(self, user_ids: Iterable[str]) -> list[MemberRow]:
        """Every channel in which any of these people is or was."""
        with mapped_errors():
            return [_row(row) for row in self._members.find({"user_id": {"$in": list(user_ids)}})]

    def rows_in(self, channel_ids: Iterable[str]) -> list[MemberRow]:
        """Everybody who is or was in these channels."""
        with mapped_errors():
            return [_row(row) for row in self._members.find({"channel_id": {"$in": list(channel_ids)}})]

    def find(self, channel_id: str, user_id: str) -> MemberRow | None:
        """Somebody's row in a channel, None if he was never there."""
        with mapped_errors():
            row = self._members.find_one({"_id": _key(channel_id, user_id)})
        return _row(row) if row else None

    def find_all(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], MemberRow]:
        """The rows of (channel id, user id) pairs; those never there are left out."""
        keys = [_key(channel_id, user_id) for channel_id, user_id in pairs]
        with mapped_errors():
            rows = [_row(row) for row in self._members.find({"_id": {"$in": keys}})]
        return {(row.channel_id, row.member.user_id): row for row in rows}

    def page(self, channel_id: str, after: str, limit: int) -> list[MemberRow]:
        """Present members of a channel by user id, those after the given one."""
        wanted = {
            "channel_id": channel_id,
            "user_id": {"$gt": after},
            "status": MEMBERSHIP_CODES[Membership.NORMAL],
        }
        with mapped_errors():
            return [_row(row) for row in self._members.find(wanted).sort("user_id", 1).limit(limit)]

    def peers(self, channel_ids: Iterable[str], user_id: str) -> dict[str, str]:
        """The other person of each direct channel, by channel id."""
        wanted = {"channel_id": {"$in": list(channel_ids)}, "user_id": {"$ne": user_id}}
        with mapped_errors():
            rows = self._members.find(wanted, {"_id": 0, "user_id": 1, "channel_id": 1})
            return {row["channel_id"]: row["user_id"] for row in rows}

    def move_marks(self, marks: Iterable[Mark]) -> None:
        """Move read watermarks that somebody was promised: durably, and stamped as changed for sync.

        They move forward, never back, in any order and any number of times.
        """
        stamp = {"$currentDate": {"changed_at": True}}
        updates = [UpdateOne(_row_of(mark), _further(mark) | stamp) for mark in marks]
        if updates:
            with mapped_errors():
                self._members.bulk_write(updates, ordered=False)

    def move_own_marks(self, marks: Iterable[Mark]) -> None:
        """The same for what senders have read by sending: fast, and not stamped, since the head is."""
        update_fast(self._members, [(_row_of(mark), _further(mark)) for mark in marks])

    def mark_mentioned(self, seqs: Mapping[tuple[str, str], int]) -> None:
        """Note durably the newest entry that addresses somebody, by channel and user id.

        It moves forward, never back. Not stamped: the channel's head is.
        """
        updates = [
            UpdateOne({"_id": _key(channel_id, user_id)}, {"$max": {"mentioned_seq": seq}})
            for (channel_id, user_id), seq in seqs.items()
        ]
        if updates:
            with mapped_errors():
                self._members.bulk_write(updates, ordered=False)

    def set_state(self, channel_id: str, user_id: str, at_ms: int, state: PersonalState) -> None:
        """Change what somebody has set for himself; durably, and stamped as changed for sync.

        Of two changes of one thing the one with the later time stays, in whatever order they come; what is
        cleared only grows.
        """
        with mapped_errors():
            self._members.update_one({"_id": _key(channel_id, user_id)}, [state_stage(at_ms, state)])

    def clear(self, channel_id: str, up_to: Mapping[str, tuple[int, int]]) -> None:
        """Let people see nothing any more up to a seq (with how many count up to it), by user id.

        Durably, and stamped as changed for sync; it only grows.
        """
        updates = [
            UpdateOne(
                {"_id": _key(channel_id, user_id)},
                {
                    "$max": {"cleared_seq": seq, "cleared_countable": countable},
                    "$currentDate": {"changed_at": True},
                },
            )
            for user_id, (seq, countable) in up_to.items()
        ]
        if updates:
            with mapped_errors():
                self._members.bulk_write(updates, ordered=False)

    def store(self, accepted: Accepted, session: ClientSession) -> None:
        """Write the stays that a command changes, as part of a transaction.

        Who joins has read everything before the entry that lets him in.
        """
        assert accepted.change is not None
        updates = [_stay(accepted, member) for member in accepted.change.members]
        if updates:
            with mapped_errors():
                self._members.bulk_write(updates, ordered=False, session=session)


def mark_of(entry: LogEntry) -> Mark:
    """Sending moves the sender's own watermark to what he sent, so own messages never count as unread."""
    return Mark(entry.channel_id, entry.sender, entry.seq, entry.countable, entry.time_ms)


def _stay(accepted: Accepted, member: Member) -> UpdateOne:
    entry = accepted.entry
    fields: Document = {
        "channel_id": accepted.channel_id,
        "user_id": member.user_id,
        "role": ROLE_CODES[member.role],
        "status": MEMBERSHIP_CODES[Membership.NORMAL if member.present else Membership.LEFT],
        "spans": [list(span) for span in member.spans],
        "nickname": member.nickname,
        "muted_until": to_datetime(member.muted_until_ms) if member.muted_until_ms else None,
    }
    read = {"read_seq": 0, "read_countable": 0}
    assert accepted.change is not None
    if member.user_id in accepted.change.joins:
        time_ms = entry.time_ms if entry else accepted.change.after.created_ms
        fields["joined_at"] = to_datetime(time_ms)
        if entry is not None and not accepted.change.created:
            # A system entry does not count, so the count before it is the count at it.
            read = {"read_seq": entry.seq - 1, "read_countable": entry.countable}
    # Null rather than absent for who is in, so that coming back forgets it.
    fields["departure"] = None if member.present else _departure(accepted.change.after)
    return UpdateOne(
        {"_id": _key(accepted.channel_id, member.user_id)},
        {
            "$set": fields,
            "$max": read,
            "$setOnInsert": {
                "last_read_at": None,
                "notify": Notify.ALL.value,
                "pinned": False,
            },
            "$currentDate": {"changed_at": True},
        },
        upsert=True,
    )


def _departure(channel: Channel) -> Document:
    return {
        "name": channel.name,
        "avatar": channel.avatar,
        "owner": channel.owner,
        "status": CHANNEL_STATUS_CODES[channel.status],
        "max_members": channel.max_members,
        "member_count": len(channel.present()),
    }


def _row_of(mark: Mark) -> Document:
    return {"_id": _key(mark.channel_id, mark.user_id)}


def _further(mark: Mark) -> Document:
    return {
        "$max": {
            "read_seq": mark.seq,
            "read_countable": mark.countable,
            "last_read_at": to_datetime(mark.at_ms),
        }
    }


def _key(channel_id: str, user_id: str) -> str:
    return f"{channel_id}:{user_id}"


def _member(row: Document) -> Member:
    muted_until = row.get("muted_until")
    return Member(
        row["user_id"],
        _ROLES[row["role"]],
        tuple((start, end) for start, end in row["spans"]),
        nickname=row.get("nickname", ""),
        muted_until_ms=to_ms(muted_until) if muted_until else 0,
    )


def _row(row: Document) -> MemberRow:
    member, cleared = _member(row), row.get("cleared_seq", 0)
    if cleared:
        member = replace(member, spans=spans.after(member.spans, cleared))
    return MemberRow(
        channel_id=row["channel_id"],
        member=member,
        joined_ms=to_ms(row["joined_at"]),
        read_seq=max(row["read_seq"], cleared),
        read_countable=max(row["read_countable"], row.get("cleared_countable", 0)),
        notify=Notify(row["notify"]),
        pinned=row["pinned"],
        changed_at=row["changed_at"],
        departure=_as_left(row["departure"]) if row.get("departure") else None,
        mentioned_seq=row.get("mentioned_seq", 0),
        cleared_seq=cleared,
        hidden_seq=row.get("hidden_seq", 0),
        marked_seq=marked_of(row),
        draft=draft_of(row),
        last_read_ms=to_ms(row["last_read_at"]) if row.get("last_read_at") else None,
    )


def _as_left(row: Document) -> Departure:
    return Departure(
        name=row["name"],
        avatar=row["avatar"],
        owner=row["owner"],
        status=_STATUSES[row["status"]],
        max_members=row.get("max_members", DEFAULT_MAX_MEMBERS),
        member_count=row["member_count"],
    )
