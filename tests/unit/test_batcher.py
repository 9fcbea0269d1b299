"""From single commands to tasks: one batch in flight, repeated until answered, given up after its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from gevent.event import Event

from imapp.errors import BrokerUnavailable, RequestError
from imapp.gateway import batcher as module
from imapp.gateway.batcher import Batcher, Timing
from imapp.gateway.limits import Limits
from schemas.commands import SendMessage
from schemas.errors import ErrorCode
from schemas.tasks import FanoutBatch, FanoutEntry, FanoutItem, Result, WriteBatch
from tests.unit.fakes.broker import FakeTasks

PATIENCE_S = 10.0


class Tasks(FakeTasks):
    """Keeps the batches it is given; with `away` it takes none."""

    away = False

    def publish(self, *args: Any, **options: Any) -> None:
        if self.away:
            raise BrokerUnavailable("away")
        super().publish(*args, **options)


class Asker:
    """A connection: what it asked, and what became of it."""

    def __init__(self) -> None:
        self.subscriber: Any = self
        self.answers: list[str] = []

    def resolve(self, result: Result) -> None:
        self.answers.append(result.code or "ok")

    def flush(self) -> None:
        pass


class Shard:
    """A running batcher over a broker that the test plays."""

    def __init__(self, *, timeout_s: float = PATIENCE_S, redrive_s: float = PATIENCE_S) -> None:
        self.tasks = Tasks()
        self.batcher = Batcher(
            shard=0,
            publisher=self.tasks,
            queue="queue",
            reply_queue=lambda: "replies",
            timing=Timing(timeout_s=timeout_s, redrive_s=redrive_s),
            limits=Limits({}),
        )

    def ask(self, asker: Asker, *client_ids: str) -> None:
        for client_id in client_ids:
            command = SendMessage(actor="an", client_message_id=client_id, channel_id="c", content="x")
            self.batcher.submit(command, asker, "c")

    def batch(self, number: int) -> WriteBatch:
        """Wait until so many have left; the last of them."""
        wait_until(lambda: len(self.tasks.batches) >= number)
        return self.tasks.batches[number - 1]

    def give_up(self, asker: Asker, client_id: str) -> WriteBatch:
        """The first batch, of one command that nobody answers in time; with `timeout_s=0.0`."""
        self.ask(asker, client_id)
        batch = self.batch(1)
        self.batcher.expire()
        return batch

    def answer(self, batch: WriteBatch) -> None:
        self.batcher.resolve(batch.batch_id, [Result(index=index) for index in range(len(batch.commands))])


def wait_until(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(PATIENCE_S):
        while not condition():
            gevent.sleep(0.001)


def client_ids(batch: WriteBatch) -> list[str]:
    return [command.client_message_id for command in batch.commands]


@contextmanager
def running(shard: Shard) -> Iterator[Shard]:
    loop = gevent.spawn(shard.batcher.run)
    try:
        yield shard
    finally:
        loop.kill()


def test_what_comes_while_a_batch_is_out_is_the_next_batch() -> None:
    asker = Asker()
    with running(Shard()) as shard:
        shard.ask(asker, "1")
        first = shard.batch(1)
        shard.ask(asker, "2", "3", "4")
        gevent.sleep(0)
        assert len(shard.tasks.batches) == 1

        shard.answer(first)

        assert client_ids(shard.batch(2)) == ["2", "3", "4"]
        assert asker.answers == ["ok"]


def test_an_unanswered_batch_leaves_again_with_its_id_and_is_answered_once() -> None:
    asker = Asker()
    with running(Shard(redrive_s=0.01)) as shard:
        shard.ask(asker, "1", "2")
        again = shard.batch(2)
        assert (again.batch_id, again.attempt) == (shard.tasks.batches[0].batch_id, 2)

        shard.answer(again)
        shard.answer(again)
        wait_until(lambda: shard.batcher.idle)

        assert asker.answers == ["ok", "ok"]


def test_it_leaves_again_after_a_pause_and_then_after_twice_the_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    class Impatient(Event):  # type: ignore[misc]  # gevent has no types
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is None:
                return bool(super().wait())
            pauses.append(timeout)
            return bool(super().wait(0))

    monkeypatch.setattr(module, "Event", Impatient)
    asker = Asker()
    with running(Shard(redrive_s=1.0)) as shard:
        shard.ask(asker, "1")
        shard.answer(shard.batch(4))

    assert pauses[:3] == [1.0, 2.0, 2.0]


def test_a_batch_that_the_broker_did_not_take_is_tried_again() -> None:
    asker = Asker()
    with running(Shard()) as shard:
        shard.tasks.away = True
        shard.ask(asker, "1")
        wait_until(lambda: shard.batcher.load == 1 and not shard.tasks.batches)
        shard.tasks.away = False

        shard.answer(shard.batch(1))

        assert asker.answers == ["ok"]


def test_who_waits_too_long_is_told_to_come_again_and_nothing_overtakes_him() -> None:
    asker = Asker()
    with running(Shard(timeout_s=0.0)) as shard:
        shard.ask(asker, "1")
        shard.batch(1)
        shard.ask(asker, "2")

        shard.batcher.expire()

        assert asker.answers == ["busy", "busy"]
        with pytest.raises(RequestError) as refused:
            shard.ask(asker, "3")
        assert refused.value.code is ErrorCode.BUSY
        shard.ask(asker, "1")


def test_a_late_answer_to_what_was_given_up_is_dropped() -> None:
    asker = Asker()
    with running(Shard(timeout_s=0.0)) as shard:
        batch = shard.give_up(asker, "1")

        shard.answer(batch)

        assert asker.answers == ["busy"]


def test_what_was_given_up_and_is_delivered_all_the_same_need_not_come_again() -> None:
    asker = Asker()
    with running(Shard(timeout_s=0.0)) as shard:
        given_up = shard.give_up(asker, "1")
        wait_until(lambda: shard.batcher.idle)

        shard.batcher.delivered(brought_by(given_up))

        shard.ask(asker, "2")
        assert client_ids(shard.batch(2)) == ["2"]


def brought_by(batch: WriteBatch) -> FanoutBatch:
    """What a writer publishes of it."""
    entries = [
        FanoutEntry(index=index, seq=index + 1, time_ms=1, frame=b"") for index in range(len(batch.commands))
    ]
    items = [FanoutItem(channel_id="c", entries=entries)]
    return FanoutBatch(shard=0, epoch="e", number=1, origin="", batch_id=batch.batch_id, items=items)


def test_a_batch_waits_for_company_the_longer_the_last_one_took() -> None:
    shard = Shard()
    waits = []
    for flight_s in (0.0, 0.02, 1.0):
        shard.batcher._flight_s = flight_s
        waits.append(shard.batcher._gather_s())

    assert waits == [module._SHORTEST_GATHER_S, pytest.approx(0.003), module._LONGEST_GATHER_S]
