"""Each mark is told to those who sent just before where it ends, whatever else its flush holds."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest

from imapp.domain.receipts import Receipt
from imapp.services.reading.sharing import ReadSharing
from imapp.services.receipts.events import ReceiptTeller
from imapp.stores.pushes import Flush
from schemas.frames import ReceiptEvent
from schemas.receipts import PushStatus
from schemas.settings import ReadReceipts
from tests.support.channels import begun, group, members
from tests.support.entries import log_entry
from tests.support.marking import Ears
from tests.unit.fakes.channels import FakeChannels, FakeMembers
from tests.unit.fakes.messages import FakeChanges, FakeLog
from tests.unit.fakes.store import FakeStore

GROUP = "g" * 24
PEOPLE = ("an", "bo", "ding", "eva")


@pytest.fixture
def store() -> FakeStore:
    """A group in which An has said 1..50, and Bo 51..100."""
    store = FakeStore(*PEOPLE)
    FakeChanges(store).commit(begun(group(GROUP, members(PEOPLE))))
    entries = [log_entry(GROUP, seq, sender="an" if seq <= 50 else "bo") for seq in range(1, 101)]
    FakeLog(store).append(entries)
    FakeChannels(store).move_heads(entries[-1:])
    return store


def told(store: FakeStore, flushes: Sequence[Flush]) -> dict[str, list[tuple[str, str, int]]]:
    """Who is told of what: whose mark, which, up to which seq."""
    sharing, ears = ReadSharing(ReadReceipts.ON, cast("Any", None)), Ears()
    heads = FakeChannels(store).heads([GROUP])
    ears.notify(ReceiptTeller(FakeMembers(store), FakeLog(store), sharing).notices(flushes, heads))
    found: dict[str, list[tuple[str, str, int]]] = {}
    for name in PEOPLE:
        events = [msgspec.convert(event, ReceiptEvent) for event in ears.of(name)]
        if events:
            found[name] = [(event.user_id, event.status.value, event.up_to_seq) for event in events]
    return found


def flush(status: PushStatus, receiver: str, up_to: int) -> Flush:
    return Flush("task", GROUP, status, (Receipt(receiver, status, up_to, 9_000),))


def test_a_mark_that_is_behind_those_of_others_is_told_to_its_own_senders(store: FakeStore) -> None:
    flushes = [flush(PushStatus.READ, "ding", 50), flush(PushStatus.RECEIVED, "eva", 100)]

    assert told(store, flushes) == {"an": [("ding", "read", 50)], "bo": [("eva", "received", 100)]}


def test_all_of_it_takes_one_look_at_the_log_and_one_at_the_members(store: FakeStore) -> None:
    flushes = [flush(PushStatus.READ, "ding", seq) for seq in (30, 50, 70, 100)]
    begun = len(store.faults.steps)

    told(store, flushes)

    assert store.faults.steps[begun:] == ["channels.heads", "log.senders", "members.find_all"]
