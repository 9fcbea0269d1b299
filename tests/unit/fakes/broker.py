"""RabbitMQ in memory: what was published, in order."""

from typing import Any

import msgspec

from imapp.broker.publishing import MessagePublisher, TaskPublisher
from schemas.tasks import BatchReply, Fanout, FanoutBatch, Notice, Notices, WriteBatch
from tests.unit.fakes.faults import Faults

_FANOUT = msgspec.msgpack.Decoder(Fanout)
_REPLY = msgspec.msgpack.Decoder(BatchReply)
_BATCH = msgspec.msgpack.Decoder(WriteBatch)


class FakeBroker:
    """One broker. A message that the broker did not confirm may stand here all the same."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.stream: list[bytes] = []
        self.replies: list[BatchReply] = []

    @property
    def batches(self) -> list[FanoutBatch]:
        """The batches of the fanout."""
        messages = [_FANOUT.decode(body) for body in self.stream]
        return [message for message in messages if isinstance(message, FanoutBatch)]

    @property
    def notices(self) -> list[Notice]:
        """The notices of the fanout."""
        messages = [_FANOUT.decode(body) for body in self.stream]
        return [one for message in messages if isinstance(message, Notices) for one in message.notices]


class FakeFanout(MessagePublisher):
    """Publishes to all gateways."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    def publish(self, payload: bytes, *, exchange: str, routing_key: str) -> None:
        assert (exchange, routing_key) == ("fanout", "")
        with self._broker.faults.step("fanout"):
            self._broker.stream.append(payload)


class FakeReplies(MessagePublisher):
    """Answers one gateway."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    def publish(self, payload: bytes, *, exchange: str, routing_key: str) -> None:
        assert exchange == ""
        assert routing_key
        with self._broker.faults.step("reply"):
            self._broker.replies.append(_REPLY.decode(payload))


class FakeTasks(TaskPublisher):
    """Takes the batches of a gateway."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.batches: list[WriteBatch] = []
        self.closed = False

    def publish(
        self, task: str, queue: Any, payload: bytes, *, task_id: str | None = None, durable: bool = False
    ) -> None:
        assert (task, queue) == ("messages.write", "queue")
        assert not durable
        with self.faults.step("task"):
            batch = _BATCH.decode(payload)
            assert batch.batch_id == task_id
            self.batches.append(batch)

    def close(self) -> None:
        self.closed = True
