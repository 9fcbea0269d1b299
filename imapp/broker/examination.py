"""Looking at RabbitMQ as an operator does: version, rights, alarms, queues and who serves them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kombu import Connection

from imapp.broker.connection import BROKER_ERRORS, ignored_errors, open_connection
from imapp.broker.inspection import be_impatient
from imapp.broker.topology import Topology
from imapp.errors import BrokerUnavailable

_NOT_FOUND: Final = 404
_OTHERWISE: Final = 406  # it exists with other arguments


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """How a queue stands, and whether it was made as we would make it."""

    messages: int
    consumers: int
    as_wanted: bool


class BrokerExamination:
    """Asks with short time-outs. Methods raise BrokerUnavailable when there is no answer, or a refusal."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._url = url
        self._topology = topology

    def version(self) -> str:
        """The version that RabbitMQ tells whoever may come in."""
        with self._connected() as connection:
            return str(connection.connection.server_properties.get("version", "of unknown version"))

    def pass_a_message(self) -> str | None:
        """Make a queue of our own, publish to it, take it back; gives the alarm that stops it, if any."""
        alarms: list[str] = []
        with self._connected() as connection:
            connection.connection.on_blocked = alarms.append
            channel = connection.channel()
            name = f"{self._topology.namespace}.doctor.{secrets.token_hex(4)}"
            channel.queue_declare(name, exclusive=True)
            try:
                connection.Producer(channel).publish(b"", exchange="", routing_key=name)
                assert channel.basic_get(name, no_ack=True) is not None, "what is confirmed is there"
            except TimeoutError as error:
                raise BrokerUnavailable("no confirmation: a memory or disk alarm?") from error
        return alarms[0] if alarms else None

    def queues(self) -> dict[str, QueueFacts | None]:
        """Every queue that outlives a process, by its short name; None: it is not there."""
        wanted = {queue.alias: queue for queue in self._topology.task_queues()}
        wanted["dead"] = self._topology.dead_queue()
        with self._connected() as connection:
            return {name: _facts(connection, queue) for name, queue in wanted.items()}

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = be_impatient(open_connection(self._url, confirm=True))
        except BROKER_ERRORS as error:
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
        try:
            yield connection
        except BROKER_ERRORS as error:
            raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            with ignored_errors():
                connection.collect()


def _facts(connection: Any, queue: Any) -> QueueFacts | None:
    found = _declare(connection, _NOT_FOUND, queue.name, passive=True)
    if found is None:
        return None
    # It exists, so this makes nothing: RabbitMQ only compares.
    same = _declare(
        connection, _OTHERWISE, queue.name, durable=True, auto_delete=False, arguments=queue.queue_arguments
    )
    return QueueFacts(found.message_count, found.consumer_count, as_wanted=same is not None)


def _declare(connection: Any, expected_refusal: int, name: str, **options: Any) -> Any:
    """The broker's answer to a declaration; None if it refuses with the expected code."""
    channel = connection.channel()  # a refusal closes it
    try:
        answer = channel.queue_declare(name, **options)
    except connection.connection.channel_errors as error:
        if getattr(error, "reply_code", 0) != expected_refusal:
            raise
        return None
    channel.close()
    return answer
