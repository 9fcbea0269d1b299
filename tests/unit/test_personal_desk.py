"""Personal writes at a gateway: whoever waits gets one answer, whatever becomes of worker and broker."""

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from imapp.broker.publishing import TaskPublisher
from imapp.broker.topology import PERSONAL_TASK
from imapp.errors import BrokerUnavailable, RequestError
from imapp.gateway import personal
from imapp.gateway.personal import PersonalDesk
from schemas.errors import ErrorCode
from schemas.tasks import PersonalAnswer, PersonalBatch, SetConversation

LUNCH = "lunch0000000000000000000"
TIMEOUT_S = 5.0


class Workers(TaskPublisher):
    """The broker with the workers behind it: `then` is what becomes of each batch."""

    def __init__(self) -> None:
        self.then: Callable[[PersonalBatch], None] = lambda _: None
        self.batches: list[PersonalBatch] = []
        self.closed = False

    def publish(
        self, task: str, queue: Any, payload: bytes, *, task_id: str | None = None, durable: bool = False
    ) -> None:
        assert (task, queue, task_id, durable) == (PERSONAL_TASK, "queue", None, False)
        batch = msgspec.msgpack.decode(payload, type=PersonalBatch)
        self.batches.append(batch)
        self.then(batch)

    def close(self) -> None:
        self.closed = True


class Gateway:
    """A desk with its clock, and the answers that came."""

    def __init__(self) -> None:
        self.now = 100.0
        self.workers = Workers()
        self.answers: list[PersonalAnswer] = []
        self.look: Callable[[], None] = lambda: None  # called when the desk looks at the clock
        self.desk = PersonalDesk(self.workers, "queue", timeout_s=TIMEOUT_S, clock=self._clock)

    def pin(self, count: int = 1) -> None:
        """An pins so many conversations."""
        for _ in range(count):
            self.desk.submit(pinned, self.answers.append)

    def finish(self) -> None:
        """Stop, and let everybody have his answer."""
        self.desk.stop()
        self.desk.run()

    def answer(self, batch: PersonalBatch) -> None:
        """A worker has done all of it."""
        for write in batch.writes:
            self.desk.take(PersonalAnswer(request_id=write.request_id, body=b"{}"))

    def lose(self, _: PersonalBatch) -> None:
        """The broker does not confirm."""
        raise BrokerUnavailable

    def pass_time(self, seconds: float) -> Callable[[PersonalBatch], None]:
        """Nobody answers, for so long."""

        def pass_(_: PersonalBatch) -> None:
            self.now += seconds

        return pass_

    def _clock(self) -> float:
        self.look()
        return self.now


def pinned(request_id: str, at_ms: int) -> SetConversation:
    return SetConversation(request_id=request_id, actor="an", at_ms=at_ms, channel_id=LUNCH, pinned=True)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_a_write_is_answered_when_a_worker_has_done_it(gateway: Gateway) -> None:
    gateway.workers.then = gateway.answer
    gateway.pin()
    gateway.finish()

    assert [answer.code for answer in gateway.answers] == [""]
    assert gateway.workers.closed


def test_who_hears_nothing_in_time_is_told_that_the_outcome_is_open_once(gateway: Gateway) -> None:
    gateway.workers.then = gateway.pass_time(TIMEOUT_S)
    gateway.pin()
    gateway.finish()
    gateway.answer(gateway.workers.batches[0])  # the worker was only slow

    assert [(answer.code, answer.retry_after) for answer in gateway.answers] == [("busy", 1.0)]


def test_before_his_time_is_over_nobody_is_given_up(gateway: Gateway) -> None:
    gateway.workers.then = gateway.pass_time(TIMEOUT_S - 0.1)
    gateway.pin()
    looks = itertools.count()

    def look() -> None:
        if gateway.workers.batches and next(looks) == 1:  # at the first look he was not late yet
            gateway.answer(gateway.workers.batches[0])

    gateway.look = look
    gateway.finish()

    assert [answer.code for answer in gateway.answers] == [""]


def test_what_the_broker_does_not_confirm_is_open_and_the_next_write_is_sent(gateway: Gateway) -> None:
    outcomes = [gateway.lose, gateway.answer]

    def become(batch: PersonalBatch) -> None:
        outcomes.pop(0)(batch)

    gateway.workers.then = become
    gateway.pin(count=101)  # two batches
    gateway.finish()

    assert [answer.code for answer in gateway.answers] == ["busy"] * 100 + [""]
    assert gateway.desk.idle


def test_an_answer_for_another_gateway_is_no_answer(gateway: Gateway) -> None:
    gateway.workers.then = lambda _: gateway.desk.take(PersonalAnswer(request_id="other-1", body=b"{}"))
    gateway.pin()
    gateway.desk.take(PersonalAnswer(request_id="other-2"))
    assert not gateway.desk.idle


@pytest.mark.limit("personal writes waiting in a gateway")
def test_too_many_that_wait_are_refused_at_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(personal, "MAX_WAITING", 3)
    gateway.pin(count=3)

    with pytest.raises(RequestError) as refused:
        gateway.pin()

    assert refused.value.code is ErrorCode.BUSY
    assert gateway.workers.batches == []


def test_a_gateway_that_stops_takes_nothing_more_and_answers_who_waits(gateway: Gateway) -> None:
    gateway.workers.then = gateway.answer
    gateway.pin()
    gateway.desk.stop()

    with pytest.raises(RequestError) as refused:
        gateway.pin()
    gateway.desk.run()

    assert refused.value.code is ErrorCode.BUSY
    assert [answer.code for answer in gateway.answers] == [""]


def test_of_two_writes_at_one_moment_the_later_has_the_later_time(gateway: Gateway) -> None:
    gateway.workers.then = gateway.answer
    gateway.pin(count=50)
    gateway.finish()

    times = [write.at_ms for write in gateway.workers.batches[0].writes]
    assert times == sorted(set(times))
