"""MongoDB in memory: the same interfaces, the same keys, the same atomicity, and faults on demand.

Reads give copies, an ordered insert keeps what came before the taken key, a transaction keeps all or
nothing. Each read and each single insert is a step of `faults`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from imapp.domain.channel import Channel, Member
from imapp.domain.decisions import Accepted, Amendment, Profile
from imapp.domain.entries import AMENDMENTS, RECALLED, LogEntry
from imapp.domain.files import FileFacts
from imapp.domain.ids import message_id, stable_part
from imapp.errors import LogConflict
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.attempts import Attempt, AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.channel_rows import Head, own_key, preview_of
from imapp.stores.channels import ChannelStore
from imapp.stores.files import FileStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import Mark, MemberRow, MemberStore
from imapp.stores.messages import MessageLog, RepeatKey
from imapp.stores.users import UserStore
from schemas.common import Notify
from tests.unit.fakes.faults import Faults, Happening

_BEGINNING: Final = datetime(2026, 11, 23, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """A row of `channels`; the channel in it has no members."""

    channel: Channel
    member_count: int
    newest: LogEntry | None
    """What lists show."""
    changed_at: datetime
    own: dict[str, tuple[int, int]] = field(default_factory=dict)
    mention_all_seq: int = 0


@dataclass(frozen=True, slots=True)
class Curse:
    """What happens to whoever stores an entry with a certain client id, before or after it is stored."""

    happening: Happening
    after: bool


class FakeStore:
    """One database. Tests read its rows; the code under test gets the stores."""

    def __init__(self, *user_ids: str) -> None:
        self.faults = Faults()
        self.entries: dict[str, LogEntry] = {}
        self.by_client: dict[RepeatKey, str] = {}
        self.channels: dict[str, StoredChannel] = {}
        self.members: dict[tuple[str, str], MemberRow] = {}
        self.profiles = {name: Profile(name, name.capitalize(), "", active=True) for name in user_ids}
        self.versions: dict[str, list[str]] = {}
        self.files: dict[str, FileFacts] = {}
        self.attempts: dict[str, Attempt] = {}
        self.archived: set[str] = set()
        self.parked: dict[tuple[str, int], str] = {}
        self.curses: dict[str, Curse] = {}
        self._ticks = 0

    def tick(self) -> datetime:
        """The database's clock: later at every call."""
        self._ticks += 1
        return _BEGINNING + timedelta(milliseconds=self._ticks)

    def log_of(self, channel_id: str) -> list[LogEntry]:
        """A channel's log, by message id."""
        return [entry for key, entry in sorted(self.entries.items()) if entry.channel_id == channel_id]

    def row_of(self, channel_id: str, user_id: str) -> MemberRow:
        """Somebody's row in a channel, as its readers see it."""
        return with_own_messages(self.members[channel_id, user_id], _head(self.channels[channel_id]))

    def insert(self, entry: LogEntry) -> None:
        """Insert an entry unless one of its two keys is taken."""
        self.check_free(entry)
        self.entries[entry.message_id] = _copy(entry)
        self.by_client[_key(entry)] = entry.message_id

    def strike(self, entry: LogEntry, *, after: bool) -> None:
        """Let the curse on an entry do its harm."""
        curse = self.curses.get(entry.client_message_id)
        if curse is not None and curse.after == after:
            curse.happening()

    def check_free(self, entry: LogEntry) -> None:
        """Both keys of an entry are free."""
        if entry.message_id in self.entries:
            raise LogConflict(f"_id {entry.message_id}")
        if _key(entry) in self.by_client:
            raise LogConflict(f"repeat {_key(entry)}")


class FakeJoinRequests(JoinRequestStore):
    """Nothing of its own: in this store requests stand in the channels' rows."""

    def __init__(self) -> None:
        pass


class FakeLog(MessageLog):
    """The log."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def append(self, entries: Sequence[LogEntry], session: Any = None) -> None:
        assert session is None, "transactions are FakeChanges'"
        for entry in entries:
            with self._store.faults.step("log.append"):
                self._store.strike(entry, after=False)
                self._store.insert(entry)
                self._store.strike(entry, after=True)

    def find_repeats(self, keys: Iterable[RepeatKey]) -> dict[RepeatKey, LogEntry]:
        with self._store.faults.step("log.find_repeats"):
            by_client, entries = self._store.by_client, self._store.entries
            return {key: _copy(entries[by_client[key]]) for key in keys if key in by_client}

    def newest_shown(self, channel_id: str) -> LogEntry | None:
        with self._store.faults.step("log.newest_shown"):
            shown = [entry for entry in self._store.log_of(channel_id) if entry.type not in AMENDMENTS]
            return _copy(shown[-1]) if shown else None

    def recalled_between(self, ranges: Sequence[tuple[str, int, int]]) -> list[int]:
        with self._store.faults.step("log.recalled_between"):
            return [
                sum(
                    low <= entry.seq <= high and entry.status == RECALLED
                    for entry in self._store.log_of(name)
                )
                for name, low, high in ranges
            ]

    def existing(self, positions: Iterable[tuple[str, int]]) -> set[str]:
        with self._store.faults.step("log.existing"):
            return {name for name, seq in positions if message_id(name, seq) in self._store.entries}

    def page(
        self, channel_id: str, low: int, high: int, *, limit: int, newest_first: bool = False
    ) -> list[LogEntry]:
        with self._store.faults.step("log.page"):
            found = [_copy(entry) for entry in self._store.log_of(channel_id) if low <= entry.seq <= high]
            return found[max(0, len(found) - limit) :] if newest_first else found[:limit]

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        with self._store.faults.step("log.at"):
            ids = [message_id(name, seq) for name, seq in positions]
            return {key: _copy(self._store.entries[key]) for key in ids if key in self._store.entries}

    def let_go(self, message_ids: Iterable[str]) -> list[str]:
        return [name for name in message_ids if name in self._store.archived]

    def countables(self, places: Iterable[tuple[str, int]]) -> dict[str, int]:
        return {key: entry.countable for key, entry in self.at(places).items()}


class FakeChanges(ChangeStore):
    """Transactions: all or nothing."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def commit(self, accepted: Accepted) -> None:
        with self._store.faults.step("changes.commit"):
            change, entry = accepted.change, accepted.entry
            if change is None:
                assert entry is not None
                self._store.insert(entry)
                return
            if change.created and accepted.channel_id in self._store.channels:
                raise LogConflict(f"_id {accepted.channel_id}")
            amendment = change.amendment
            if amendment is not None:
                self._check_unchanged(amendment.before)
            if entry is not None:
                self._store.insert(entry)
            if amendment is not None:
                self._put(amendment)
            _store_channel(self._store, accepted)
            for member in change.members:
                _store_stay(self._store, accepted, member)

    def _check_unchanged(self, before: LogEntry) -> None:
        found = self._store.entries.get(before.message_id)
        if found is None or found.rev != before.rev:
            raise LogConflict("the entry was changed meanwhile")

    def _put(self, amendment: Amendment) -> None:
        before, after = amendment.before, amendment.after
        self._store.entries[after.message_id] = _copy(after)
        if amendment.is_recall:
            self._store.versions.pop(after.message_id, None)
        else:
            self._store.versions.setdefault(after.message_id, []).append(before.content)


class FakeFiles(FileStore):
    """Files that may be sent."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def facts(self, file_ids: Iterable[str]) -> dict[str, FileFacts]:
        with self._store.faults.step("files.facts"):
            return {name: self._store.files[name] for name in file_ids if name in self._store.files}


class FakeChannels(ChannelStore):
    """Heads and settings."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def heads(self, channel_ids: Iterable[str]) -> dict[str, Head]:
        with self._store.faults.step("channels.heads"):
            rows = self._store.channels
            return {name: _head(rows[name]) for name in channel_ids if name in rows}

    def newest_generation(self, key: str) -> Head | None:
        with self._store.faults.step("channels.newest_generation"):
            ids = [name for name in self._store.channels if stable_part(name) == key]
            return _head(self._store.channels[max(ids)]) if ids else None

    def move_heads(self, newest: Iterable[LogEntry], own: Iterable[Mark] = ()) -> None:
        marks = list(own)
        for entry in newest:
            with self._store.faults.step("channels.move_heads"):
                row = self._store.channels.get(entry.channel_id)
                if row is not None and row.channel.last_seq < entry.seq:
                    row = _moved(row, entry, self._store.tick())
                if row is not None:
                    self._store.channels[entry.channel_id] = _with_own(row, marks)

    def mark_all_mentioned(self, seqs: Mapping[str, int]) -> None:
        with self._store.faults.step("channels.mark_all_mentioned"):
            for name, seq in seqs.items():
                row = self._store.channels[name]
                self._store.channels[name] = replace(row, mention_all_seq=max(row.mention_all_seq, seq))

    def mend_heads(self, newest: Iterable[LogEntry], own: Iterable[Mark] = ()) -> None:
        self.move_heads(newest, own)


class FakeMembers(MemberStore):
    """Members and watermarks."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def of_channels(self, channel_ids: Iterable[str]) -> dict[str, dict[str, Member]]:
        with self._store.faults.step("members.of_channels"):
            found: dict[str, dict[str, Member]] = {}
            wanted = set(channel_ids)
            for (name, user_id), row in self._store.members.items():
                if name in wanted:
                    found.setdefault(name, {})[user_id] = row.member
            return found

    def of_users(self, user_ids: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
        with self._store.faults.step("members.of_users"):
            found: dict[str, list[tuple[str, int]]] = {}
            wanted = set(user_ids)
            for (name, user_id), row in self._store.members.items():
                if user_id in wanted and row.member.present:
                    found.setdefault(user_id, []).append((name, row.member.spans[-1][0]))
            return found

    def rows_of(self, user_id: str) -> list[MemberRow]:
        with self._store.faults.step("members.rows_of"):
            return [row for (_, name), row in self._store.members.items() if name == user_id]

    def find(self, channel_id: str, user_id: str) -> MemberRow | None:
        with self._store.faults.step("members.find"):
            return self._store.members.get((channel_id, user_id))

    def find_all(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], MemberRow]:
        with self._store.faults.step("members.find_all"):
            return {pair: self._store.members[pair] for pair in pairs if pair in self._store.members}

    def mark_mentioned(self, seqs: Mapping[tuple[str, str], int]) -> None:
        with self._store.faults.step("members.mark_mentioned"):
            for key, seq in seqs.items():
                row = self._store.members[key]
                self._store.members[key] = msgspec.structs.replace(
                    row, mentioned_seq=max(row.mentioned_seq, seq)
                )

    def move_own_marks(self, marks: Iterable[Mark]) -> None:
        self.move_marks(marks, told=False)

    def move_marks(self, marks: Iterable[Mark], *, told: bool = True) -> None:
        for mark in marks:
            with self._store.faults.step("members.move_marks"):
                key = (mark.channel_id, mark.user_id)
                row = self._store.members.get(key)
                if row is not None:
                    self._store.members[key] = msgspec.structs.replace(
                        row,
                        read_seq=max(row.read_seq, mark.seq),
                        read_countable=max(row.read_countable, mark.countable),
                        changed_at=self._store.tick() if told else row.changed_at,
                    )


class FakeUsers(UserStore):
    """People."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def profiles(self, user_ids: Iterable[str]) -> dict[str, Profile]:
        with self._store.faults.step("users.profiles"):
            known = self._store.profiles
            return {name: known[name] for name in user_ids if name in known}


class FakeAttempts(AttemptStore):
    """What outlives a writer's death."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def count(self, batch_id: str, *, redelivered: bool) -> Attempt:
        with self._store.faults.step("attempts.count"):
            known = self._known(batch_id)
            self._store.attempts[batch_id] = replace(known, redeliveries=known.redeliveries + redelivered)
            return self._store.attempts[batch_id]

    def begin(self, batch_id: str, index: int) -> None:
        with self._store.faults.step("attempts.begin"):
            known = self._known(batch_id)
            begun = {**known.begun, index: known.begun.get(index, 0) + 1}
            self._store.attempts[batch_id] = replace(known, begun=begun)

    def end(self, batch_id: str, index: int) -> None:
        with self._store.faults.step("attempts.end"):
            known = self._known(batch_id)
            begun = {other: times for other, times in known.begun.items() if other != index}
            self._store.attempts[batch_id] = replace(known, begun=begun)

    def park(self, batch_id: str, index: int, command: bytes, reason: str) -> None:
        assert command
        with self._store.faults.step("attempts.park"):
            self._store.parked.setdefault((batch_id, index), reason)
            known = self._known(batch_id)
            self._store.attempts[batch_id] = replace(known, parked=known.parked | {index})

    def parked(self) -> int:
        return len(self._store.parked)

    def _known(self, batch_id: str) -> Attempt:
        return self._store.attempts.get(batch_id, Attempt(0, {}, frozenset()))


def _copy(entry: LogEntry) -> LogEntry:
    return msgspec.convert(msgspec.to_builtins(entry, builtin_types=(bytes,)), LogEntry)


def _key(entry: LogEntry) -> RepeatKey:
    return (entry.channel_id, entry.sender, entry.client_message_id)


def _moved(row: StoredChannel, entry: LogEntry, now: datetime) -> StoredChannel:
    channel = replace(row.channel, last_seq=entry.seq, last_countable=entry.countable)
    return replace(row, channel=channel, newest=_copy(entry), changed_at=now)


def _with_own(row: StoredChannel, marks: Iterable[Mark]) -> StoredChannel:
    own = dict(row.own)
    for mark in marks:
        if mark.channel_id == row.channel.channel_id:
            key = own_key(mark.user_id)
            own[key] = max(own.get(key, (0, 0)), (mark.seq, mark.countable))
    return replace(row, own=own)


def _store_channel(store: FakeStore, accepted: Accepted) -> None:
    change, entry = accepted.change, accepted.entry
    assert change is not None
    after = change.after
    known = store.channels.get(after.channel_id)
    if known is None and not change.created:
        return
    head = known.channel if known else None
    channel = replace(
        after,
        members={},
        last_seq=head.last_seq if head else 0,
        last_countable=head.last_countable if head else 0,
    )
    row = StoredChannel(
        channel,
        len(after.present()),
        known.newest if known else None,
        store.tick(),
        known.own if known else {},
        known.mention_all_seq if known else 0,
    )
    row = _moved(row, entry, row.changed_at) if entry else row
    if change.amendment is not None:
        row = replace(row, newest=change.amendment.shown)
    store.channels[after.channel_id] = row


def _store_stay(store: FakeStore, accepted: Accepted, member: Member) -> None:
    entry, change = accepted.entry, accepted.change
    assert change is not None
    known = store.members.get((accepted.channel_id, member.user_id))
    joins = member.user_id in change.joins
    assert joins or known, "whoever does not join is there"
    # Who joins has read everything before his entry.
    late = joins and entry is not None and not change.created
    read_seq, read_countable = (entry.seq - 1, entry.countable) if late and entry else (0, 0)
    joined_ms = entry.time_ms if entry else change.after.created_ms
    store.members[accepted.channel_id, member.user_id] = MemberRow(
        channel_id=accepted.channel_id,
        member=member,
        joined_ms=joined_ms if joins or known is None else known.joined_ms,
        read_seq=max(read_seq, known.read_seq if known else 0),
        read_countable=max(read_countable, known.read_countable if known else 0),
        notify=Notify.ALL,
        pinned=False,
        changed_at=store.tick(),
        mentioned_seq=known.mentioned_seq if known else 0,
    )


def _head(row: StoredChannel) -> Head:
    return Head(
        channel=replace(row.channel, members={}),
        member_count=row.member_count,
        preview=preview_of(row.newest) if row.newest else None,
        last_ms=row.newest.time_ms if row.newest else row.channel.created_ms,
        changed_at=row.changed_at,
        own=row.own,
        mention_all_seq=row.mention_all_seq,
    )
