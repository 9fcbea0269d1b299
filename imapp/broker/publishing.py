"""Publishing: tasks from the gateways, finished batches and answers from the writers."""

from typing import Any, Final

from celery import Celery
from kombu import Connection, Exchange, Producer, Queue

from imapp import metrics
from imapp.broker.connection import BROKER_ERRORS, ignored_errors, open_connection
from imapp.errors import BrokerUnavailable

_TASK_TIMEOUT_S: Final = 3
_MESSAGE_TIMEOUT_S: Final = 2
_TRANSIENT: Final = 1
_PERSISTENT: Final = 2


class TaskPublisher:
    """Enqueues tasks over its own connection, one at a time: so they keep their order.

    Owned by one greenlet.
    """

    def __init__(self, celery: Celery, url: str) -> None:
        self._celery = celery
        self._url = url
        self._producer: Any = None
        self._connection: Connection | None = None

    def publish(
        self, task: str, queue: Queue, payload: bytes, *, task_id: str | None = None, durable: bool = False
    ) -> None:
        """Enqueue a task and return once the broker has confirmed it.

        Only what nobody would repeat must be `durable`: a command is answered after the store, so a broker
        that loses one costs a repetition, never a message.

        Raises:
            BrokerUnavailable: it was not confirmed in time; the task may run all the same.
        """
        try:
            self._celery.send_task(
                task,
                (payload,),
                task_id=task_id,
                queue=queue,
                producer=self._open(),
                retry=False,
                delivery_mode=_PERSISTENT if durable else _TRANSIENT,
                ignore_result=True,
                argsrepr="-",
                kwargsrepr="{}",
                mandatory=True,
                timeout=_TASK_TIMEOUT_S,
                confirm_timeout=_TASK_TIMEOUT_S,
            )
        except BROKER_ERRORS as error:
            self.close()
            metrics.broker_errors.value += 1
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Drop the connection without a word, which could block; the next publish opens a new one."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with ignored_errors():
                connection.collect()

    def _open(self) -> Any:
        if self._producer is None:
            self._connection = open_connection(self._url, confirm=True)
            self._producer = Producer(self._connection.channel(), auto_declare=False)
        return self._producer


class MessagePublisher:
    """Publishes ready-made bytes over its own connection. Owned by one thread."""

    def __init__(self, url: str, *, confirm: bool, declare: Exchange | None = None) -> None:
        self._url = url
        self._confirm = confirm
        self._declare = declare
        self._producer: Any = None
        self._connection: Connection | None = None

    def publish(self, payload: bytes, *, exchange: str, routing_key: str) -> None:
        """Publish; with `confirm`, return once the broker has confirmed it.

        Raises:
            BrokerUnavailable: it was not confirmed in time, or the connection is broken; it may have
                arrived all the same.
        """
        try:
            self._open().publish(
                payload,
                exchange=exchange,
                routing_key=routing_key,
                delivery_mode=_TRANSIENT,
                retry=False,
                timeout=_MESSAGE_TIMEOUT_S,
                confirm_timeout=_MESSAGE_TIMEOUT_S,
                content_type="application/octet-stream",
                content_encoding="binary",
            )
        except BROKER_ERRORS as error:
            self.close()
            metrics.broker_errors.value += 1
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Drop the connection without a word, which could block; the next publish opens a new one."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with ignored_errors():
                connection.collect()

    def _open(self) -> Any:
        if self._producer is None:
            self._connection = open_connection(self._url, confirm=self._confirm)
            channel = self._connection.channel()
            if self._declare is not None:
                self._declare(channel).declare()
            self._producer = Producer(channel, auto_declare=False)
        return self._producer
