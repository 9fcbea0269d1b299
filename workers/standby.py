"""Standing by for the neighbours' shards, and giving them back when their home writer has returned.

A single-active-consumer queue is served by who registered first; RabbitMQ turns to the next when that one
goes, and never back by itself. So every writer consumes its own (`-Q`) shards at once, registers for all
others some seconds later, and does that on a channel of its own: closing that channel requeues and hands
over in one step, without a word to its own shards.

That a shard's home writer is there is known by its mark, an exclusive queue that RabbitMQ deletes with the
home writer's connection.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from amqp.exceptions import NotFound, ResourceLocked
from celery import bootsteps
from celery.worker.consumer.tasks import Tasks
from kombu import Consumer, Queue

from imapp.broker.connection import BROKER_ERRORS, ignored_errors
from imapp.broker.topology import Topology
from imapp.logs import get_log

_LOOK_S: Final = 1.0
_MARK_AGAIN_S: Final = 10.0
_QUIET_S: Final = 30.0
"""A shard without a task for so long is not held: whoever is active there costs nobody anything."""

log = get_log("standby")


class HeldShards:
    """Which foreign shards have given us tasks, since when, and which of them to give back. Pure."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._since: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def note(self, name: str, now: float) -> None:
        """A task of this shard has come."""
        if now - self._last.get(name, now) > _QUIET_S:
            self._since.pop(name, None)
        self._since.setdefault(name, now)
        self._last[name] = now

    def overdue(self, now: float) -> list[str]:
        """Shards that we have served for longer than a stand-in should, and still do."""
        return [
            name
            for name, since in self._since.items()
            if now - since >= self._patience_s and now - self._last[name] <= _QUIET_S
        ]

    def clear(self) -> None:
        """None is held any more."""
        self._since.clear()
        self._last.clear()


class StandBy(bootsteps.StartStopStep):
    """Marks this writer as the home of its own shards, and makes it stand by for all others."""

    requires = (Tasks,)
    topology: ClassVar[Topology]
    delay_s: ClassVar[float]
    give_back_after_s: ClassVar[float]

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._foreign: list[Queue] = []
        self._channel: Any = None
        self._unmarked: list[int] = []
        self._held = HeldShards(self.give_back_after_s)
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Declare where dead letters go, leave the marks, and begin to stand by."""
        self.topology.dead_queue()(consumer.connection.default_channel).declare()
        own = {queue.name for queue in consumer.task_consumer.queues}
        shards = {shard: self.topology.message_queue(shard) for shard in range(self.topology.shards)}
        home = [shard for shard, queue in shards.items() if queue.name in own]
        if not home:
            return
        self._foreign = [queue for queue in shards.values() if queue.name not in own]
        self._leave_marks(consumer, home)
        if self._unmarked:
            log.info("second_home", shards=self._unmarked)
        started_with = consumer.task_consumer
        consumer.timer.call_after(self.delay_s, self._stand_by, (consumer, started_with))
        consumer.timer.call_repeatedly(_LOOK_S, self._look, (consumer, started_with))
        consumer.timer.call_repeatedly(_MARK_AGAIN_S, self._mark_again, (consumer, started_with))

    def stop(self, consumer: Any) -> None:
        """The connection is lost, and the channel with it."""
        del consumer
        self._channel = None
        self._held.clear()

    def _leave_marks(self, consumer: Any, home: Iterable[int]) -> None:
        self._unmarked = [shard for shard in home if not self._leave_mark(consumer, shard)]

    def _leave_mark(self, consumer: Any, shard: int) -> bool:
        channel = consumer.connection.channel()
        try:
            self.topology.home_mark(shard)(channel).declare()
        except ResourceLocked:
            return False  # another writer has the same shard in its -Q, or it is our own lost connection's
        finally:
            with ignored_errors():
                channel.close()
        return True

    def _mark_again(self, consumer: Any, started_with: Any) -> None:
        """A machine that vanished keeps its marks until RabbitMQ misses its heartbeats."""
        if consumer.task_consumer is started_with:
            self._leave_marks(consumer, self._unmarked)

    def _stand_by(self, consumer: Any, started_with: Any) -> None:
        if consumer.task_consumer is not started_with or not self._foreign:
            return  # the connection was lost since, and its successor has its own turn
        try:
            self._channel = channel = consumer.connection.channel()
            channel.basic_qos(0, 1, False)
            Consumer(
                channel,
                self._foreign,
                on_message=self._noting(consumer.task_consumer.on_message),
                accept=consumer.app.conf.accept_content,
            ).consume()
        except Exception as error:
            # Anything but a lost connection would only be logged, and leave a worker that consumes nothing.
            raise ConnectionResetError(f"could not stand by: {error}") from error
        log.info("standing_by", queues=[queue.name for queue in self._foreign])

    def _noting(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self._held.note(message.delivery_info["routing_key"], time.monotonic())
            handle(message)

        return take

    def _look(self, consumer: Any, started_with: Any) -> None:
        if consumer.task_consumer is not started_with or self._channel is None:
            return
        overdue = self._held.overdue(time.monotonic())
        if any(self._is_home(consumer, name) for name in overdue):
            self._give_back(consumer, overdue)

    def _is_home(self, consumer: Any, name: str) -> bool:
        shard = next(i for i in range(self.topology.shards) if self.topology.message_queue(i).name == name)
        channel = consumer.connection.channel()
        try:
            self.topology.home_mark(shard)(channel).queue_declare(passive=True)
        except ResourceLocked:
            return True  # it is somebody's, and not ours
        except NotFound:
            return False
        finally:
            with ignored_errors():
                channel.close()
        return False

    def _give_back(self, consumer: Any, held: list[str]) -> None:
        log.info("giving_back", queues=held)
        channel, self._channel = self._channel, None
        self._held.clear()
        try:
            channel.close()
        except BROKER_ERRORS as error:
            raise ConnectionResetError(f"could not give back: {error}") from error
        consumer.timer.call_after(self.delay_s, self._stand_by, (consumer, consumer.task_consumer))
