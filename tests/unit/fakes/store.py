"""MongoDB in memory: the same keys, the same atomicity, and faults on demand.

Reads give copies, an ordered insert keeps what came before the taken key, a transaction keeps all or
nothing. Each read and each single insert is a step of `faults`. The stores that the code under test gets are
beside it, with the same interfaces as the real ones: `messages`, `channels`, `attempts`.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from imapp.domain.channel import Channel
from imapp.domain.decisions import Profile
from imapp.domain.entries import LogEntry
from imapp.domain.files import FileFacts
from imapp.errors import LogConflict
from imapp.services.reading.watermarks import with_own_messages
from imapp.stores.attempts import Attempt
from imapp.stores.channel_rows import Head, preview_of
from imapp.stores.members import MemberRow
from imapp.stores.messages import RepeatKey
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

    def head(self) -> Head:
        """What readers learn of it."""
        return Head(
            channel=replace(self.channel, members={}),
            member_count=self.member_count,
            preview=preview_of(self.newest) if self.newest else None,
            last_ms=self.newest.time_ms if self.newest else self.channel.created_ms,
            changed_at=self.changed_at,
            own=self.own,
            mention_all_seq=self.mention_all_seq,
        )

    def moved_to(self, entry: LogEntry, now: datetime) -> "StoredChannel":
        """The row once this is its newest entry."""
        channel = replace(self.channel, last_seq=entry.seq, last_countable=entry.countable)
        return replace(self, channel=channel, newest=copy_of(entry), changed_at=now)


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
        return with_own_messages(self.members[channel_id, user_id], self.channels[channel_id].head())

    def insert(self, entry: LogEntry) -> None:
        """Insert an entry unless one of its two keys is taken."""
        self.check_free(entry)
        self.entries[entry.message_id] = copy_of(entry)
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


def copy_of(entry: LogEntry) -> LogEntry:
    """An entry as a read gives it: whoever changes it does not change what is stored."""
    return msgspec.convert(msgspec.to_builtins(entry, builtin_types=(bytes,)), LogEntry)


def _key(entry: LogEntry) -> RepeatKey:
    return (entry.channel_id, entry.sender, entry.client_message_id)
