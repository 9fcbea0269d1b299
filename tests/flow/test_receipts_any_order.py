"""Workers that race on one database, while its ledger is folded, come to what the marks say."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from imapp.errors import LogConflict
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.folds import LedgerFolds
from imapp.stores.mongo import Database
from schemas.receipts import PushStatus
from schemas.tasks import ReadMark, ReceivedMark
from tests.support.marking import (
    BEGAN_MS,
    GROUP,
    LAST,
    READERS,
    AnyMark,
    Ears,
    Worker,
    expected,
    own_watermarks,
    plant,
    read_up_to,
    share_out,
    states,
    stores_on,
    tasks_of,
    told,
    unread,
    unread_after,
    watermarks,
)


def marks_by(chance: Random, count: int) -> list[AnyMark]:
    """So many marks of everybody, of all kinds; each has a time of its own."""
    times = chance.sample(range(BEGAN_MS, BEGAN_MS + 10 * count), count)
    return [_mark(chance, at_ms) for at_ms in times]


def _mark(chance: Random, at_ms: int) -> AnyMark:
    user_id, seq = chance.choice(READERS), chance.randint(1, LAST + 2)
    if chance.random() < 0.6:
        return ReadMark(channel_id=GROUP, user_id=user_id, seq=seq, at_ms=at_ms)
    start = chance.choice([1, 1, chance.randint(1, LAST)])
    return ReceivedMark(channel_id=GROUP, user_id=user_id, seq=seq, at_ms=at_ms, from_seq=start)


def fold(database: Database) -> Callable[[], None]:
    def step() -> None:
        for status in (PushStatus.RECEIVED, PushStatus.READ):
            try:
                LedgerFolds(database).fold(GROUP, status, least=2)
            except LogConflict:
                continue  # another step is at it

    return step


@pytest.mark.parametrize("seed", [1, 2])
def test_racing_workers_come_to_what_the_marks_say(database: Database, seed: int) -> None:
    chance, stores, ears = Random(seed), stores_on(database), Ears()
    plant(stores, ChangeStore(database))
    marks = marks_by(chance, 60)
    workers = [Worker(stores, AttemptStore(database), ears) for _ in range(2)]
    steps = share_out(tasks_of(marks, chance), workers)
    for place in sorted(chance.sample(range(len(steps)), 3)):
        steps.insert(place, fold(database))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(step) for step in steps]:
            done.result()

    assert states(lambda seq: stores.ledger.covering(GROUP, seq)) == expected(marks)
    assert watermarks(stores) == own_watermarks(ears) == read_up_to(marks)
    assert unread(stores) == unread_after(read_up_to(marks))
    assert told(ears) == expected(marks)
