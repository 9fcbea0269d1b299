"""A channel with a log of plain messages, put into a fake store without a writer."""

from datetime import UTC, datetime
from typing import Final

from imapp.domain.channel import Member
from imapp.domain.entries import LogEntry
from imapp.domain.spans import Spans
from imapp.services.reading.access import AccessService
from imapp.services.reading.history import HistoryService
from imapp.stores.members import MemberRow
from schemas.common import Notify, Role
from tests.support.channels import group
from tests.unit.fakes.channels import FakeChannels, FakeMembers
from tests.unit.fakes.messages import FakeLog
from tests.unit.fakes.store import FakeStore, StoredChannel

LUNCH: Final = "lunch" + "0" * 19
_TIME: Final = datetime(2026, 11, 23, tzinfo=UTC)


def entry(seq: int, channel_id: str = LUNCH, sender: str = "an") -> LogEntry:
    """A message that says its number."""
    return LogEntry(
        channel_id=channel_id,
        seq=seq,
        sender=sender,
        sender_name=sender.capitalize(),
        sender_avatar="",
        client_message_id=f"c{seq}",
        body_hash=b"",
        type=1,
        content=str(seq),
        extra={},
        reply_to=None,
        mentions=[],
        status=0,
        countable=seq,
        rev=seq,
        time_ms=1_790_000_000_000 + seq,
    )


def lunch(last_seq: int, stays: dict[str, Spans], *, stored: int | None = None) -> FakeStore:
    """A store with the channel `LUNCH`: its head says `last_seq`, its log holds that many or `stored`."""
    store = FakeStore(*stays)
    for seq in range(1, (last_seq if stored is None else stored) + 1):
        store.insert(entry(seq))
    channel = group(LUNCH, name="Lunch", created_ms=0, last_seq=last_seq, last_countable=last_seq)
    store.channels[LUNCH] = StoredChannel(channel, len(stays), None, _TIME)
    for user_id, spans in stays.items():
        store.members[LUNCH, user_id] = MemberRow(
            channel_id=LUNCH,
            member=Member(user_id, Role.MEMBER, spans),
            joined_ms=0,
            read_seq=0,
            read_countable=0,
            notify=Notify.ALL,
            pinned=False,
            changed_at=_TIME,
        )
    return store


def history_of(store: FakeStore) -> HistoryService:
    """The service that reads it."""
    return HistoryService(AccessService(FakeChannels(store), FakeMembers(store)), FakeLog(store))
