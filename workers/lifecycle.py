"""How a worker hands over when it goes, and ends when it must."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks

from imapp.logs import get_log

_PAUSE_BEFORE_RESTART_S = 1.0
_LOOK_UP_S = 0.5

log = get_log("worker")


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


class KeepUnreadable(bootsteps.StartStopStep):
    """What can't even be decoded goes to the dead letters, where an operator finds it.

    Celery acknowledges it, and it is gone.
    """

    def __init__(self, consumer: Any, **options: Any) -> None:
        # Before Celery's own step hands the method to the queues' consumer.
        consumer.on_decode_error = _set_aside
        super().__init__(consumer, **options)


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


def _set_aside(message: Any, error: Exception) -> None:
    log.error("message_unreadable", queue=message.delivery_info["routing_key"], error=str(error))
    message.reject()


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
