"""Marks of what people received and read, in any order, and what must come of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import cycle
from random import Random
from threading import Lock
from typing import Any, Final, cast

import msgspec
from hypothesis import strategies as st

from imapp.domain.channel import Member
from imapp.domain.receipts import PushState, Receipt, clamped, push_states, recipients
from imapp.domain.spans import Spans, visible_last
from imapp.services.poison import PoisonRule
from imapp.services.reading.conversation_rows import ConversationRows
from imapp.services.reading.sharing import ReadSharing
from imapp.services.receipts.applying import ReceiptRunner, ReceiptStores
from imapp.services.receipts.events import ReceiptTeller
from imapp.stores.attempts import AttemptStore
from imapp.stores.changes import ChangeStore
from imapp.stores.channels import ChannelStore
from imapp.stores.folds import LedgerFolds
from imapp.stores.members import MemberStore
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import Database
from imapp.stores.pushes import PushLedger
from schemas.common import Role
from schemas.frames import ConversationEvent, ReceiptEvent
from schemas.receipts import PushStatus
from schemas.settings import ReadReceipts
from schemas.tasks import Notice, ReadMark, ReceiptBatch, ReceivedMark
from tests.support.channels import begun, group
from tests.support.entries import log_entry

GROUP: Final = "g" * 24
LAST: Final = 12
BEGAN_MS: Final = 2_000  # after everything was sent
# Bo has left, Chen has come back, Ding was always there. An sends everything.
STAYS: Final[dict[str, Spans]] = {
    "an": ((1, None),),
    "bo": ((1, 6),),
    "chen": ((1, 3), (7, None)),
    "ding": ((1, None),),
}
READERS: Final = ("bo", "chen", "ding")
EVERYBODY: Final = [Member(name, Role.MEMBER, spans) for name, spans in STAYS.items()]

AnyMark = ReadMark | ReceivedMark
States = dict[tuple[int, str], PushState]
"""The state of each entry with each of its recipients."""

_PLACES: Final = {
    "channel_id": st.just(GROUP),
    "user_id": st.sampled_from(READERS),
    "seq": st.integers(1, LAST + 3),
    "at_ms": st.integers(BEGAN_MS, BEGAN_MS + 20),
}
ANY_MARKS: Final = st.lists(
    st.builds(ReadMark, **_PLACES) | st.builds(ReceivedMark, **_PLACES, from_seq=st.integers(1, LAST + 3)),
    max_size=12,
)
"""Marks of all kinds, beyond the end and of what their people may not see as well."""


class Ears:
    """An outlet that remembers what it is told. Any thread may tell."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: list[tuple[str, bytes]] = []

    def notify(self, notices: Iterable[Notice]) -> None:
        """Take what people are told."""
        with self._lock:
            self._frames += [(notice.user_id, notice.frame) for notice in notices]

    def of(self, user_id: str) -> list[dict[str, Any]]:
        """The events for somebody."""
        frames = [frame for name, frame in self._frames if name == user_id]
        return [msgspec.json.decode(payload) for frame in frames for payload in _payloads(frame)]


class Worker:
    """A worker of marks on some stores, as they are wired, and what it told."""

    def __init__(self, stores: ReceiptStores, attempts: AttemptStore, ears: Ears) -> None:
        sharing = ReadSharing(ReadReceipts.ON, cast("Any", None))
        self._runner = ReceiptRunner(
            stores,
            rows=ConversationRows(stores.members, stores.log, cast("Any", None)),
            sharing=sharing,
            outlet=cast("Any", ears),
            teller=ReceiptTeller(stores.members, stores.log, sharing),
            sums=cast("Any", Unsummed()),
            poison=PoisonRule(attempts, _fail_stop),
        )

    def run(self, marks: Sequence[AnyMark], task_id: str, *, redelivered: bool = False) -> None:
        """Apply a task of marks."""
        reads = [mark for mark in marks if isinstance(mark, ReadMark)]
        received = [mark for mark in marks if isinstance(mark, ReceivedMark)]
        self._runner.run(ReceiptBatch(reads=reads, received=received), task_id, redelivered=redelivered)


class Unsummed:
    """Sums of big groups, of which nobody is told here."""

    def add(self, channel_ids: Iterable[str]) -> None:
        """Take channels."""


def stores_on(database: Database) -> ReceiptStores:
    """The stores as a worker has them."""
    return ReceiptStores(
        MemberStore(database),
        ChannelStore(database),
        MessageLog(database),
        PushLedger(database),
        LedgerFolds(database),
    )


def plant(
    stores: ReceiptStores, changes: ChangeStore, members: Sequence[Member] = EVERYBODY, *, head: int = LAST
) -> None:
    """A group of these people in which An has sent all entries; its head may be behind."""
    changes.commit(begun(group(GROUP, members)))
    entries = [log_entry(GROUP, seq) for seq in range(1, LAST + 1)]
    stores.log.append(entries)
    stores.channels.move_heads(entries[head - 1 : head])


def mend_head(stores: ReceiptStores) -> None:
    """What writers do every few seconds."""
    stores.channels.move_heads([log_entry(GROUP, LAST)])


def tasks_of(marks: Sequence[AnyMark], chance: Random) -> list[tuple[str, list[AnyMark]]]:
    """The marks shuffled, some of them twice, as tasks of which some come twice: (task id, marks)."""
    again = [*marks, *chance.choices(marks, k=3)] if marks else []
    chance.shuffle(again)
    tasks: list[tuple[str, list[AnyMark]]] = []
    while again:
        size = chance.randint(1, 4)
        tasks.append((f"task-{len(tasks)}", again[:size]))
        del again[:size]
    return tasks + chance.sample(tasks, len(tasks) // 2)


def share_out(
    tasks: Iterable[tuple[str, list[AnyMark]]], workers: Sequence[Worker]
) -> list[Callable[[], None]]:
    """What each worker does in turn; what comes again comes to another one, and says so."""
    known: set[str] = set()
    steps: list[Callable[[], None]] = []
    for (task_id, marks), worker in zip(tasks, cycle(workers), strict=False):
        steps.append(_step(worker, marks, task_id, redelivered=task_id in known))
        known.add(task_id)
    return steps


def _step(worker: Worker, marks: list[AnyMark], task_id: str, *, redelivered: bool) -> Callable[[], None]:
    return lambda: worker.run(marks, task_id, redelivered=redelivered)


def expected(marks: Iterable[AnyMark]) -> States:
    """What marks say, whoever applies them and in whatever order."""
    receipts = []
    for mark in marks:
        status = PushStatus.READ if isinstance(mark, ReadMark) else PushStatus.RECEIVED
        from_seq = mark.from_seq if isinstance(mark, ReceivedMark) else 1
        receipt = Receipt(mark.user_id, status, mark.seq, mark.at_ms, from_seq)
        worth = clamped(receipt, STAYS[mark.user_id], LAST)
        receipts += [worth] if worth else []
    return states(lambda _: receipts)


def states(receipts: Callable[[int], Iterable[Receipt]]) -> States:
    """The states that receipts give, by what they say of each entry."""
    return {
        (seq, name): state
        for seq in range(1, LAST + 1)
        for name, state in push_states(
            seq, recipients(EVERYBODY, "an", seq), receipts(seq), stored_ms=1_000 + seq
        ).items()
    }


def read_up_to(marks: Iterable[AnyMark]) -> dict[str, int]:
    """How far each reader's watermark is to move."""
    found = dict.fromkeys(READERS, 0)
    for mark in marks:
        if isinstance(mark, ReadMark):
            end = visible_last(STAYS[mark.user_id], LAST)
            found[mark.user_id] = max(found[mark.user_id], min(mark.seq, end))
    return found


def watermarks(stores: ReceiptStores) -> dict[str, int]:
    """How far each reader's watermark is."""
    rows = stores.members.find_all([(GROUP, name) for name in READERS])
    return {row.member.user_id: row.read_seq for row in rows.values()}


def unread(stores: ReceiptStores) -> dict[str, int]:
    """How much each reader's conversation list says that he has not read."""
    rows = ConversationRows(stores.members, stores.log, cast("Any", None))
    head = stores.channels.heads([GROUP])[GROUP]
    found = stores.members.find_all([(GROUP, name) for name in READERS])
    return {row.member.user_id: rows.unread(row, head) for row in found.values()}


def unread_after(read: Mapping[str, int]) -> dict[str, int]:
    """How much is unread once readers' watermarks are there."""
    return {name: visible_last(STAYS[name], LAST) - seq for name, seq in read.items()}


def told(ears: Ears) -> States:
    """What An's devices know from the events alone."""
    receipts = []
    for event in ears.of("an"):
        what = msgspec.convert(event, ReceiptEvent)
        at_ms = _ms(what.at)
        receipts.append(Receipt(what.user_id, what.status, what.up_to_seq, at_ms, what.from_seq))
    return states(lambda _: receipts)


def own_watermarks(ears: Ears) -> dict[str, int]:
    """How far each reader's own devices were told that he has read."""
    events = {
        name: [msgspec.convert(event, ConversationEvent) for event in ears.of(name)] for name in READERS
    }
    return {name: max((event.read_seq or 0 for event in found), default=0) for name, found in events.items()}


def _ms(at: str) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def _payloads(frames: bytes) -> Iterable[bytes]:
    while frames:
        size, start = frames[1], 2
        if size == 126:
            size, start = int.from_bytes(frames[2:4], "big"), 4
        yield frames[start : start + size]
        frames = frames[start + size :]


def _fail_stop(reason: str) -> None:
    raise AssertionError(reason)
