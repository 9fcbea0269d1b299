"""Marks applied in any order, any number of times and by any worker come to the same."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from imapp.services.receipts.applying import ReceiptStores
from tests.support.marking import (
    ANY_MARKS,
    GROUP,
    AnyMark,
    Ears,
    Worker,
    expected,
    own_watermarks,
    plant,
    read_up_to,
    share_out,
    states,
    tasks_of,
    told,
    unread,
    unread_after,
    watermarks,
)
from tests.unit.fakes.attempts import FakeAttempts
from tests.unit.fakes.channels import FakeChannels, FakeMembers
from tests.unit.fakes.messages import FakeChanges, FakeLog
from tests.unit.fakes.receipts import FakeFolds, FakeLedger
from tests.unit.fakes.store import FakeStore


def stores_of(store: FakeStore) -> ReceiptStores:
    return ReceiptStores(FakeMembers(store), FakeChannels(store), FakeLog(store), FakeLedger(), FakeFolds())


@settings(max_examples=60)
@given(ANY_MARKS, st.randoms(use_true_random=False))
def test_states_times_watermarks_and_events_are_those_of_the_marks(
    marks: list[AnyMark], chance: Random
) -> None:
    store, ears = FakeStore("an", "bo", "chen", "ding"), Ears()
    stores = stores_of(store)
    plant(stores, FakeChanges(store))
    workers = [Worker(stores, FakeAttempts(store), ears) for _ in range(2)]

    for step in share_out(tasks_of(marks, chance), workers):
        step()

    assert states(lambda seq: stores.ledger.covering(GROUP, seq)) == expected(marks)
    assert watermarks(stores) == own_watermarks(ears) == read_up_to(marks)
    assert unread(stores) == unread_after(read_up_to(marks))
    assert told(ears) == expected(marks)
