"""Channels, who is in them or asks to be, and people, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from imapp.domain.channel import Member
from imapp.domain.decisions import Profile
from imapp.domain.entries import LogEntry
from imapp.domain.ids import stable_part
from imapp.stores.channel_rows import Head, own_key
from imapp.stores.channels import ChannelStore
from imapp.stores.join_requests import JoinRequestStore
from imapp.stores.members import Mark, MemberRow, MemberStore
from imapp.stores.users import UserStore
from tests.unit.fakes.store import FakeStore, StoredChannel


class FakeChannels(ChannelStore):
    """Heads and settings."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def heads(self, channel_ids: Iterable[str]) -> dict[str, Head]:
        with self._store.faults.step("channels.heads"):
            rows = self._store.channels
            return {name: rows[name].head() for name in channel_ids if name in rows}

    def newest_generation(self, key: str) -> Head | None:
        with self._store.faults.step("channels.newest_generation"):
            ids = [name for name in self._store.channels if stable_part(name) == key]
            return self._store.channels[max(ids)].head() if ids else None

    def move_heads(self, newest: Iterable[LogEntry], own: Iterable[Mark] = ()) -> None:
        marks = list(own)
        for entry in newest:
            with self._store.faults.step("channels.move_heads"):
                row = self._store.channels.get(entry.channel_id)
                if row is not None and row.channel.last_seq < entry.seq:
                    row = row.moved_to(entry, self._store.tick())
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

    def rows_in(self, channel_ids: Iterable[str]) -> list[MemberRow]:
        with self._store.faults.step("members.rows_in"):
            wanted = set(channel_ids)
            return [row for (name, _), row in self._store.members.items() if name in wanted]

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
                        last_read_ms=max(row.last_read_ms or 0, mark.at_ms),
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


class FakeJoinRequests(JoinRequestStore):
    """Nothing of its own: in this store requests stand in the channels' rows."""

    def __init__(self) -> None:
        pass


def _with_own(row: StoredChannel, marks: Iterable[Mark]) -> StoredChannel:
    own = dict(row.own)
    for mark in marks:
        if mark.channel_id == row.channel.channel_id:
            key = own_key(mark.user_id)
            own[key] = max(own.get(key, (0, 0)), (mark.seq, mark.countable))
    return replace(row, own=own)
