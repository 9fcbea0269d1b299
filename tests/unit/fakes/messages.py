"""The log, the transactions that change it with its channels, and the files that may be sent, in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from imapp.domain.channel import Member
from imapp.domain.decisions import Accepted, Amendment
from imapp.domain.entries import AMENDMENTS, RECALLED, LogEntry
from imapp.domain.files import FileFacts
from imapp.domain.ids import message_id
from imapp.errors import LogConflict
from imapp.stores.changes import ChangeStore
from imapp.stores.files import FileStore
from imapp.stores.members import MemberRow
from imapp.stores.messages import MessageLog, RepeatKey
from schemas.common import Notify
from tests.unit.fakes.store import FakeStore, StoredChannel, copy_of


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
            return {key: copy_of(entries[by_client[key]]) for key in keys if key in by_client}

    def newest_shown(self, channel_id: str) -> LogEntry | None:
        with self._store.faults.step("log.newest_shown"):
            shown = [entry for entry in self._store.log_of(channel_id) if entry.type not in AMENDMENTS]
            return copy_of(shown[-1]) if shown else None

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
            found = [copy_of(entry) for entry in self._store.log_of(channel_id) if low <= entry.seq <= high]
            return found[max(0, len(found) - limit) :] if newest_first else found[:limit]

    def beyond(self, positions: Mapping[str, int], limit: int) -> dict[str, list[LogEntry]]:
        found = {name: self.page(name, seq + 1, 10**12 - 1, limit=limit) for name, seq in positions.items()}
        return {name: entries for name, entries in found.items() if entries}

    def at(self, positions: Iterable[tuple[str, int]]) -> dict[str, LogEntry]:
        with self._store.faults.step("log.at"):
            ids = [message_id(name, seq) for name, seq in positions]
            return {key: copy_of(self._store.entries[key]) for key in ids if key in self._store.entries}

    def senders(self, ranges: Iterable[tuple[str, int, int]]) -> dict[tuple[str, int], str]:
        with self._store.faults.step("log.senders"):
            return {
                (name, entry.seq): entry.sender
                for name, low, high in ranges
                for entry in self._store.log_of(name)
                if low <= entry.seq <= high
            }

    def archived(self, message_ids: Iterable[str]) -> set[str]:
        return self._store.archived.intersection(message_ids)

    def countables(self, places: Iterable[tuple[str, int]]) -> dict[str, int]:
        wanted = list(places)
        return {key: entry.countable for key, entry in self.at(wanted).items()} if wanted else {}


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
        self._store.entries[after.message_id] = copy_of(after)
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
    row = row.moved_to(entry, row.changed_at) if entry else row
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
