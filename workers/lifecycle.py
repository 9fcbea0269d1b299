"""How a worker stands by for its neighbours' shards, hands over when it goes, and ends when it must."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks

from imapp.broker.topology import Topology
from imapp.logs import get_log

_PAUSE_BEFORE_RESTART_S = 1.0
_LOOK_UP_S = 0.5

log = get_log("worker")


class HandOver(bootsteps.StartStopStep):
    """Some seconds after the start, stand by for all other shards.

    A single-active-consumer queue is served by who registered first, so the delay lets every worker be the
    active one of its own (`-Q`) shards; when it dies, RabbitMQ turns to the next at once.
    """

    requires = (Tasks,)
    topology: ClassVar[Topology]
    delay_s: ClassVar[float]

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._others: list[str] = []
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Declare where dead letters go, and begin to stand by."""
        self._declare(consumer)
        own = {queue.name for queue in consumer.task_consumer.queues}
        shards = [self.topology.message_queue(shard).name for shard in range(self.topology.shards)]
        if own & set(shards):
            self._others = [name for name in shards if name not in own]
            consumer.timer.call_after(self.delay_s, self._stand_by, (consumer, consumer.task_consumer))

    def stop(self, consumer: Any) -> None:
        """The connection is lost: begin with our own shards again when it is back."""
        for name in self._others:
            consumer.app.amqp.queues.deselect(name)

    def _declare(self, consumer: Any) -> None:
        channel = consumer.connection.default_channel
        self.topology.dead_queue()(channel).declare()

    def _stand_by(self, consumer: Any, started_with: Any) -> None:
        if consumer.task_consumer is not started_with:  # the connection was lost since: too early again
            return
        try:
            for name in self._others:
                consumer.add_task_queue(name)
        except Exception as error:
            # Anything but a lost connection would only be logged, and leave a worker that consumes nothing.
            raise ConnectionResetError(f"could not stand by: {error}") from error
        log.info("standing_by", queues=self._others)


class KeepConsuming(bootsteps.StartStopStep):
    """At shutdown, close the connection instead of cancelling the consumers.

    A cancelled consumer keeps what it has not acknowledged while the queue turns to the next one, which
    would overtake it. Closing requeues and turns in one step.
    """

    requires = (Tasks,)

    def start(self, consumer: Any) -> None:
        """Take the cancelling out of Celery's own step."""
        # An idle loop sleeps in the kernel until its next timer, and SIGTERM only sets a flag.
        consumer.timer.call_repeatedly(_LOOK_UP_S, _look_up)
        for step in consumer.blueprint.order:
            if isinstance(step, Tasks):
                step.stop = step.shutdown = _leave_consuming


class KeepPushing(bootsteps.StartStopStep):
    """A worker that serves the pushes also looks for lost nudges and sends what is due."""

    requires = (Tasks,)
    queue: ClassVar[str]
    begin: ClassVar[Callable[[], None]]
    _begun: ClassVar[bool] = False

    def start(self, consumer: Any) -> None:
        """Begin it, once in this process: the consumer starts again after each lost connection."""
        if not KeepPushing._begun and self.queue in {queue.name for queue in consumer.task_consumer.queues}:
            KeepPushing._begun = True
            KeepPushing.begin()


def _look_up() -> None:
    """Nothing: being called means that the loop is awake and looks at its flags."""


def _leave_consuming(_consumer: Any) -> None:
    """Nothing: the connection is closed next, and its end is the consumer's end."""


def fail_stop(reason: str) -> NoReturn:
    """Begin this process anew, as if it had died: RabbitMQ requeues its tasks in order for the standby.

    Replacing the process image keeps the process id, so a supervisor that ends everything when one child
    dies (honcho) does not notice.
    """
    log.error("fail_stop", reason=reason)
    time.sleep(_PAUSE_BEFORE_RESTART_S)
    try:
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # our own command line, no shell wanted
    finally:
        os._exit(os.EX_TEMPFAIL)
