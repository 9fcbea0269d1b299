"""Several push workers at the same channels: the chain of ranges stays whole, and everybody is told once."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from imapp.domain.reminding import Reminder
from imapp.errors import LogConflict
from imapp.failpoints import arm
from imapp.services.poison import PoisonRule
from imapp.services.pushes.computing import PushRunner, PushStores
from imapp.services.reading.sharing import ReadSharing
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.dispatches import Dispatch, DispatchStore
from imapp.stores.emojis import EmojiStore
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database, transaction
from imapp.stores.outbox import Parcel
from imapp.stores.reminders import Made, ReminderStore
from imapp.stores.settings import SettingsStore
from imapp.stores.users import UserStore
from schemas.settings import ReadReceipts
from schemas.tasks import PushBatch, PushNudge
from tests.support.channels import begun, direct
from tests.support.entries import log_entry

CHANNELS = [f"{name}" * 24 for name in "abc"]
WORKERS = 4
ROUNDS = 10


class Nobody:
    """Everybody is away."""

    def online(self, user_ids: Collection[str]) -> set[str]:
        del user_ids
        return set()


def runner(database: Database) -> PushRunner:
    channels, members, log = ChannelStore(database), MemberStore(database), MessageLog(database)

    def fail(reason: str) -> None:
        raise AssertionError(reason)

    return PushRunner(
        PushStores(
            channels, members, log, UserStore(database), DispatchStore(database), EmojiStore(database)
        ),
        presence=Nobody(),
        sharing=ReadSharing(ReadReceipts.CHOOSE, SettingsStore(database)),
        tells=False,
        poison=PoisonRule(AttemptStore(database), fail),
    )


def open_chat(database: Database, channel_id: str) -> None:
    """A direct chat of An and Bo without any entry."""
    ChangeStore(database).commit(begun(direct(channel_id, max_members=2)))


def ranges(database: Database, channel: str) -> list[tuple[int, int]]:
    rows = database["pushes"].find({"channel_id": channel, "status": 0}).sort("min_seq")
    return [(row["min_seq"], row["max_seq"]) for row in rows]


def test_workers_that_race_dispatch_every_entry_once(database: Database) -> None:
    log = MessageLog(database)
    batch = PushBatch(nudges=[PushNudge(channel_id=name, at_ms=1_000) for name in CHANNELS])
    runners = [runner(database) for _ in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(1, ROUNDS * 3, 3):
            log.append([log_entry(name, seq) for name in CHANNELS for seq in range(start, start + 3)])
            list(pool.map(lambda one: one.run(batch, "task", redelivered=False), runners))

    for name in CHANNELS:
        covered = [seq for first, last in ranges(database, name) for seq in range(first, last + 1)]
        assert covered == list(range(1, ROUNDS * 3 + 1))


def test_a_task_that_comes_again_writes_nothing(database: Database) -> None:
    MessageLog(database).append([log_entry(CHANNELS[0], seq) for seq in range(1, 4)])
    batch = PushBatch(nudges=[PushNudge(channel_id=CHANNELS[0], at_ms=1_000)])
    runner(database).run(batch, "task", redelivered=False)
    once = list(database["pushes"].find())

    runner(database).run(batch, "task", redelivered=False)

    assert list(database["pushes"].find()) == once
    assert ranges(database, CHANNELS[0]) == [(1, 3)]


@pytest.mark.parametrize("known", [0, 1])
def test_what_was_read_before_a_recall_is_not_stored_to_be_told(database: Database, known: int) -> None:
    """Whoever hung between reading and storing has to read again (I7)."""
    store, name = DispatchStore(database), CHANNELS[0]
    for number in range(1, known + 2):
        read = store.dispatched([name])[name]
        with transaction(database.client) as session:
            store.forget_text(name, f"{name}.{number:012d}", session)
    parcel = Parcel(f"{name}.1-1", [])
    stale = Dispatch(name, 1, 1, 1_000, reads=(), parcel=parcel, recalls=read.recalls)

    with pytest.raises(LogConflict):
        store.commit([stale])
    assert (ranges(database, name), database["push_outbox"].count_documents({})) == ([], 0)

    store.commit([replace(stale, recalls=store.dispatched([name])[name].recalls)])
    assert ranges(database, name) == [(1, 1)]


def test_nobody_is_reminded_of_what_was_read_before_a_recall(database: Database) -> None:
    """Nothing is noted and nothing waits to be told (I7); the one who looks again may remind."""
    reminders, store, name = ReminderStore(database), DispatchStore(database), CHANNELS[0]
    message, reminder = f"{name}.{1:012d}", Reminder("n-1", 1_000, 1)
    parcel = Parcel(f"{message}-nudge.1", [])
    with transaction(database.client) as session:
        store.forget_text(name, message, session)

    with pytest.raises(LogConflict):
        reminders.add(message, Made("an", ()), reminder, parcel=parcel, recalls=0)
    assert (reminders.made(message).reminders, database["push_outbox"].count_documents({})) == ((), 0)

    reminders.add(message, Made("an", ()), reminder, parcel=parcel, recalls=1)
    assert reminders.made(message).reminders == [reminder]


def test_a_channel_that_cannot_be_worked_out_is_set_aside_and_the_others_are_dispatched(
    database: Database,
) -> None:
    log, (broken, sound, _) = MessageLog(database), CHANNELS
    open_chat(database, broken)
    log.append([log_entry(name, 1) for name in (broken, sound)])
    ChannelStore(database).move_heads([log_entry(broken, 1)])
    batch = PushBatch(nudges=[PushNudge(channel_id=name, at_ms=1_000) for name in (broken, sound)])
    arm(f"pushes.channel~{broken}=raise")
    try:
        runner(database).run(batch, "task", redelivered=False)
        runner(database).run(batch, "task", redelivered=True)
    finally:
        arm("")

    (parked,) = database["parked"].find()
    assert parked["reason"].startswith("RuntimeError")
    assert (ranges(database, broken), ranges(database, sound)) == ([], [(1, 1)])
    assert DispatchStore(database).dispatched([broken])[broken].seq == 1, "the sweep leaves it alone"

    log.append([log_entry(broken, 2)])
    ChannelStore(database).move_heads([log_entry(broken, 2)])
    runner(database).run(batch, "another task", redelivered=False)
    assert ranges(database, broken) == [(2, 2)]


def test_a_long_log_is_dispatched_to_its_end(database: Database) -> None:
    log = MessageLog(database)
    log.append([log_entry(CHANNELS[0], seq) for seq in range(1, 451)])

    batch = PushBatch(nudges=[PushNudge(channel_id=CHANNELS[0], at_ms=1_000)])
    runner(database).run(batch, "task", redelivered=False)

    assert ranges(database, CHANNELS[0]) == [(1, 200), (201, 400), (401, 450)]
