"""How a gateway gathers read marks: the furthest of each reader, all who wait for it answered together."""

from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest

from imapp.errors import BrokerUnavailable
from imapp.gateway import marks
from imapp.gateway.marks import MarkCoalescer
from schemas.tasks import ReceiptBatch

CHANNEL, OTHER = "c" * 24, "d" * 24


class Broker:
    """Takes tasks, unless it is away."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.tasks: list[list[tuple[str, str, int]]] = []

    def publish(self, task: str, queue: object, payload: bytes, *, durable: bool) -> None:
        assert (task, queue, durable) == ("receipts.apply", "queue", True)
        if self.away:
            raise BrokerUnavailable("away")
        reads = msgspec.msgpack.decode(payload, type=ReceiptBatch).reads
        self.tasks.append([(mark.channel_id, mark.user_id, mark.seq) for mark in reads])

    def close(self) -> None:
        pass


class Readers:
    """People who read on one gateway, and what they were answered."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.coalescer = MarkCoalescer(cast("Any", broker), "queue")
        self.answers: list[tuple[str, int, bool]] = []

    def read(self, user_id: str, seq: int, channel_id: str = CHANNEL) -> None:
        self.coalescer.add(channel_id, user_id, seq, self._answer(user_id, seq))

    def hand_over(self) -> list[list[tuple[str, str, int]]]:
        """What goes out until nothing waits."""
        self.coalescer.stop()
        self.coalescer.run()
        return self.broker.tasks

    def _answer(self, user_id: str, seq: int) -> Callable[[bool], None]:
        return lambda safe: self.answers.append((user_id, seq, safe))


@pytest.fixture
def readers() -> Readers:
    return Readers(Broker())


def test_of_several_marks_of_one_reader_the_furthest_goes_out_and_all_are_answered(readers: Readers) -> None:
    for seq in (3, 5, 4):
        readers.read("bo", seq)
    assert readers.answers == [], "the broker does not hold it yet"

    assert readers.hand_over() == [[(CHANNEL, "bo", 5)]]
    assert readers.answers == [("bo", 3, True), ("bo", 5, True), ("bo", 4, True)]


def test_the_marks_of_all_readers_and_channels_are_one_task(readers: Readers) -> None:
    readers.read("bo", 3)
    readers.read("chen", 4)
    readers.read("bo", 7, OTHER)

    assert readers.hand_over() == [[(CHANNEL, "bo", 3), (CHANNEL, "chen", 4), (OTHER, "bo", 7)]]


def test_many_are_several_tasks(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_MAX_MARKS", 2)
    for name in ("bo", "chen", "ding"):
        readers.read(name, 1)

    assert [len(task) for task in readers.hand_over()] == [2, 1]


def test_the_furthest_is_known_before_the_store_has_it(readers: Readers) -> None:
    readers.read("bo", 5)
    readers.read("bo", 3)

    assert readers.coalescer.highest(CHANNEL, "bo") == 5
    readers.hand_over()
    assert readers.coalescer.highest(CHANNEL, "bo") == 5
    assert readers.coalescer.highest(OTHER, "bo") == 0


def test_a_mark_that_the_broker_did_not_take_is_refused() -> None:
    readers = Readers(Broker(away=True))
    readers.read("bo", 5)

    assert readers.hand_over() == []
    assert readers.answers == [("bo", 5, False)]
