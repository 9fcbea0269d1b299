"""Looking at the queues without touching them."""

from dataclasses import dataclass
from typing import Any, Final

from kombu import Connection

from imapp import metrics
from imapp.broker.connection import BROKER_ERRORS, ignored_errors, open_connection
from imapp.broker.topology import Topology
from imapp.errors import BrokerUnavailable

_ANSWER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many messages wait in a queue, and how many consumers it has (those who stand by included)."""

    messages: int
    consumers: int


class QueueWatch:
    """Asks for the state of all task queues and of the dead letters. Owned by one greenlet or thread."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._names = topology.queue_names()
        self._connection: Connection | None = None
        self.states: dict[str, QueueState | None] = {}

    def look(self) -> dict[str, QueueState | None]:
        """The state of each queue by its short name; None: there is no such queue.

        Raises:
            BrokerUnavailable: RabbitMQ does not answer within some seconds, or refuses.
        """
        try:
            connection = self._open()
            self.states = {alias: _state(connection, name) for alias, name in self._names.items()}
        except BROKER_ERRORS as error:
            self.close()
            metrics.broker_errors.value += 1
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
        return self.states

    def close(self) -> None:
        """Drop the connection; the next look opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with ignored_errors():
                connection.collect()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = be_impatient(open_connection(self._url, confirm=False))
        return self._connection


def be_impatient(connection: Connection) -> Connection:
    """The same connection; a question on it without an answer fails after two seconds instead of never."""
    connection.connection.transport.sock.settimeout(_ANSWER_S)
    return connection


def _state(connection: Any, name: str) -> QueueState | None:
    channel = connection.channel()  # a question for a queue that is not there closes it
    try:
        found = channel.queue_declare(name, passive=True)
    except connection.connection.channel_errors as error:
        if getattr(error, "reply_code", 0) != 404:
            raise
        return None
    channel.close()
    return QueueState(messages=found.message_count, consumers=found.consumer_count)
