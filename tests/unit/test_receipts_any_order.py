"""Marks applied in any order, any number of times and by any worker come to the same."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from imapp.services.receipts.applying import ReceiptStores
from schemas.tasks import ReadMark
from tests.support.marking import (
    ANY_MARKS,
    GROUP,
    LAST,
    AnyMark,
    Ears,
    Worker,
    expected,
    mend_head,
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
    return ReceiptStores(
        FakeMembers(store), FakeChannels(store), FakeLog(store), FakeLedger(store), FakeFolds()
    )


@settings(max_examples=60)
@given(ANY_MARKS, st.randoms(use_true_random=False), st.integers(1, LAST))
def test_states_times_watermarks_and_events_are_those_of_the_marks(
    marks: list[AnyMark], chance: Random, head: int
) -> None:
    """Wherever the head is meanwhile: a failover may set it back, and what is said then counts as well."""
    store, ears = FakeStore("an", "bo", "chen", "ding"), Ears()
    stores = stores_of(store)
    plant(stores, FakeChanges(store), head=head)
    workers = [Worker(stores, FakeAttempts(store), ears) for _ in range(2)]

    for step in share_out(tasks_of(marks, chance), workers):
        step()

    mend_head(stores)
    assert states(lambda seq: stores.ledger.covering(GROUP, seq)) == expected(marks)
    assert watermarks(stores) == own_watermarks(ears) == read_up_to(marks)
    assert unread(stores) == unread_after(read_up_to(marks))
    assert told(ears) == expected(marks)


def steps_of(store: FakeStore, worker: Worker, mark: ReadMark, task_id: str) -> list[str]:
    """What a task of one mark asks of the stores."""
    begun = len(store.faults.steps)
    worker.run([mark], task_id)
    return store.faults.steps[begun:]


def test_the_ledger_is_asked_only_of_a_mark_that_is_late() -> None:
    store = FakeStore("an", "bo", "chen", "ding")
    stores = stores_of(store)
    plant(stores, FakeChanges(store))
    worker = Worker(stores, FakeAttempts(store), Ears())
    further, again, late = (
        ReadMark(channel_id=GROUP, user_id="ding", seq=seq, at_ms=at_ms)
        for seq, at_ms in ((9, 2_002), (9, 2_003), (5, 2_001))
    )

    known = ["members.find_all", "channels.heads"]
    # It is noted, counts for his own number, and is told to those who sent.
    told = ["log.senders", "members.find_all"]
    moved = ["ledger.append", "log.at", "members.move_marks", *told]
    assert steps_of(store, worker, further, "1") == [*known, *moved]
    assert steps_of(store, worker, again, "2") == known
    assert steps_of(store, worker, late, "3") == [*known, "ledger.reaching", "ledger.append", *told]
