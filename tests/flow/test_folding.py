"""The ledger of a busy channel is folded beside its readers and its writers: every answer stays as it was."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from imapp.domain.receipts import Receipt
from imapp.services.receipts.folding import LEAST, LedgerFolding
from imapp.stores.folds import LedgerFolds
from imapp.stores.mongo import Database, to_datetime
from imapp.stores.pushes import Flush, PushLedger
from schemas.receipts import PUSH_STATUS_CODES, PushStatus

CHANNEL: Final = "c" * 24
PEOPLE: Final = [f"u{number}" for number in range(5)]
FLUSHES: Final = 1_000


def flush(number: int, rng: random.Random) -> Flush:
    """Two people's marks, mostly a little further than the last; some late, some of a page of history."""
    status = rng.choice([PushStatus.RECEIVED, PushStatus.READ])
    receipts = []
    for person in rng.sample(PEOPLE, 2):
        up_to = max(1, number - rng.choice([0, 0, 0, 1, 200]))
        start = 1 if rng.random() < 0.9 else max(1, up_to - 20)
        receipts.append(Receipt(person, status, up_to, 1_000_000 + number - rng.choice([0, 0, 500]), start))
    return Flush(f"task-{number}", CHANNEL, status, tuple(receipts))


def answers(database: Database) -> dict[tuple[int, str, PushStatus], int]:
    ledger = PushLedger(database)
    return {
        (seq, one.receiver, one.status): one.at_ms
        for seq in range(1, FLUSHES + 2, 7)
        for one in ledger.covering(CHANNEL, seq)
    }


def fold(database: Database, least: int = 2) -> int:
    folds = LedgerFolds(database)
    return sum(folds.fold(CHANNEL, status, least=least) for status in (PushStatus.RECEIVED, PushStatus.READ))


def test_every_answer_is_the_same_before_and_after(database: Database) -> None:
    rng = random.Random(1)
    ledger = PushLedger(database)
    for start in range(0, FLUSHES, 200):
        ledger.append([flush(number, rng) for number in range(start + 1, start + 201)])
        before = answers(database)

        assert fold(database) == 200
        assert answers(database) == before
    assert database["pushes"].count_documents({}) < FLUSHES / 20


def test_a_task_that_comes_again_after_its_flush_was_folded_changes_no_answer(database: Database) -> None:
    rng = random.Random(2)
    flushes = [flush(number, rng) for number in range(1, 51)]
    PushLedger(database).append(flushes)
    before = answers(database)
    fold(database)

    PushLedger(database).append(flushes)
    fold(database)

    assert answers(database) == before


def test_who_asks_while_it_is_folded_misses_nothing(database: Database) -> None:
    """A row that is folded moves from behind thousands of documents to before them, while readers pass them.

    Switch: without `_SNAPSHOT` in `stores.pushes` who has passed the one place finds the other one empty.
    """
    ledger = PushLedger(database)
    known = Receipt("quick", PushStatus.READ, 5_000, 1)
    ledger.append([Flush("first", CHANNEL, PushStatus.READ, (known,))])
    fold(database, least=1)
    fill_in_between(database, 10_000)

    with ThreadPoolExecutor(1) as aside:
        for number in range(5):
            at_ms, slow = 2_000 + number, f"slow{number}"
            marks = (
                Receipt(slow, PushStatus.READ, 600, at_ms, 1),
                Receipt("quick", PushStatus.READ, 5_000, at_ms, 1),  # known, so that it leaves the document
            )
            ledger.append([Flush(f"task-{number}", CHANNEL, PushStatus.READ, marks)])
            folding = aside.submit(fold, database, least=1)
            while not folding.done():
                found = {one.receiver for one in ledger.covering(CHANNEL, 500)}
                assert slow in found, "what was noted is nowhere while it is folded"
            assert folding.result() == 1


def fill_in_between(database: Database, documents: int) -> None:
    """Folded documents of others, that lie in the index between the ends 600 and 5,000."""
    code, at = PUSH_STATUS_CODES[PushStatus.READ], to_datetime(1)
    database["pushes"].insert_many(
        {
            "channel_id": CHANNEL,
            "status": code,
            "at": at,
            "low": 1,
            "min_seq": 1_000,
            "max_seq": 1_000,
            "rows": [{"receiver": "other", "up_to_seq": 1_000, "at": at}],
        }
        for _ in range(documents)
    )


def test_marks_that_come_again_with_each_connect_leave_nothing_behind(database: Database) -> None:
    mark = Receipt("u1", PushStatus.RECEIVED, 7, 1_000)
    PushLedger(database).append(
        [Flush(f"task-{number}", CHANNEL, PushStatus.RECEIVED, (mark,)) for number in range(300)]
    )

    fold(database)

    (document,) = database["pushes"].find()
    assert len(document["rows"]) == 1


def test_dispatched_ranges_are_never_folded(database: Database) -> None:
    sent = [(number, Receipt("u1", PushStatus.UNRECEIVED, number, 1)) for number in range(1, 2 * LEAST)]
    PushLedger(database).append(
        [Flush(str(number), CHANNEL, PushStatus.UNRECEIVED, (receipt,)) for number, receipt in sent]
    )
    folding = LedgerFolding(LedgerFolds(database), chance=lambda: 0.0)

    folding.noted([CHANNEL])
    folding.fold_waiting()

    assert database["pushes"].count_documents({"status": 0}) == 2 * LEAST - 1


def test_a_channel_that_is_written_to_often_comes_up(database: Database) -> None:
    folding = LedgerFolding(LedgerFolds(database), chance=lambda: 0.0)
    ledger = PushLedger(database, folding.noted)
    ledger.append(
        [
            Flush(str(number), CHANNEL, PushStatus.READ, (Receipt("u1", PushStatus.READ, number, number),))
            for number in range(1, LEAST + 1)
        ]
    )

    folding.fold_waiting()

    assert database["pushes"].count_documents({}) == 1
