"""Consuming what concerns a gateway: its copy of the fanout and the answers to its own batches."""

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from kombu import Connection, Consumer

from imapp import metrics
from imapp.broker.connection import BROKER_ERRORS, ignored_errors, open_connection
from imapp.broker.topology import Topology
from imapp.logs import get_log

_HEARTBEAT_S: Final = 20
_BACKOFF_S: Final = (0.1, 0.3, 1.0)

log = get_log("consumer")


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a gateway does with what it hears, called one at a time.

    `connected` is given the name of the reply queue, after the queues are bound and before any message;
    `lost` says that messages may go missing from now on.
    """

    connected: Callable[[str], None]
    lost: Callable[[], None]
    fanout: Callable[[bytes], None]
    reply: Callable[[bytes], None]


class GatewayConsumer:
    """One connection with the two queues of a gateway. It makes new queues whenever it connects.

    Owned by one greenlet, which runs `run`; the callbacks run in it and keep the order of each queue.
    """

    def __init__(
        self,
        url: str,
        topology: Topology,
        *,
        name: str,
        handlers: Handlers,
    ) -> None:
        self._url = url
        self._topology = topology
        self._name = name
        self._handlers = handlers
        self._stopping = False

    def run(self) -> None:
        """Consume until stopped; reconnect for ever."""
        failures = 0
        while not self._stopping:
            try:
                with open_connection(self._url, confirm=False, heartbeat=_HEARTBEAT_S) as connection:
                    failures = 0
                    metrics.stream_connects.value += 1
                    self._consume(connection)
            except BROKER_ERRORS as error:
                metrics.broker_errors.value += 1
                log.warning("broker_lost", error=f"{type(error).__name__}: {error}")
            finally:
                self._handlers.lost()
            if not self._stopping:
                time.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
                failures += 1

    def stop(self) -> None:
        """Make `run` return within a second."""
        self._stopping = True

    def _consume(self, connection: Connection) -> None:
        channel = connection.channel()
        name = f"{self._name}.{secrets.token_hex(4)}"
        fanout = self._topology.gateway_queue(name)(channel)
        replies = self._topology.reply_queue(name)(channel)
        fanout.declare()
        replies.declare()
        consumers = [
            Consumer(
                channel, [fanout], on_message=_body(self._handlers.fanout), no_ack=True, auto_declare=False
            ),
            Consumer(
                channel, [replies], on_message=_body(self._handlers.reply), no_ack=True, auto_declare=False
            ),
        ]
        # From here on the queue holds everything that is published: what came before, the gateway reads
        # from the store in `connected`.
        self._handlers.connected(replies.name)
        for consumer in consumers:
            consumer.consume()
        self._drain(connection)
        with ignored_errors():
            channel.close()

    def _drain(self, connection: Connection) -> None:
        checked = time.monotonic()
        while not self._stopping:
            with suppress(socket.timeout):
                connection.drain_events(timeout=1)
            # Under steady traffic the drain never times out, so the heartbeat needs its own clock.
            if time.monotonic() - checked > _HEARTBEAT_S / 4:
                connection.heartbeat_check()
                checked = time.monotonic()


def _body(handle: Callable[[bytes], None]) -> Callable[[Any], None]:
    return lambda message: handle(message.body)
