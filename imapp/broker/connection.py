"""Opening a connection to RabbitMQ, and the one place where its errors become ours."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import KombuError

_CONNECT_TIMEOUT_S: Final = 4
# py-amqp's default of 1 s makes a short stall of the broker look like a dead connection.
_TCP_USER_TIMEOUT_MS: Final = 15_000

TRANSPORT: Final = "imapp.broker.transport:Transport"
TRANSPORT_OPTIONS: Final[dict[str, Any]] = {
    "confirm_publish": True,
    "max_retries": 3,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 1,
    "socket_settings": {socket.TCP_USER_TIMEOUT: _TCP_USER_TIMEOUT_MS},
}

BROKER_ERRORS: Final = (AMQPError, KombuError, OSError)


def open_connection(url: str, *, confirm: bool, heartbeat: int = 0) -> Connection:
    """A connected connection. With `confirm`, each publish on it waits for the broker's word.

    Raises:
        OSError, AMQPError: RabbitMQ can't be reached or refuses.
    """
    connection = Connection(
        url,
        transport=TRANSPORT,
        connect_timeout=_CONNECT_TIMEOUT_S,
        heartbeat=heartbeat,
        transport_options={**TRANSPORT_OPTIONS, "confirm_publish": confirm},
    )
    connection.connect()
    return connection


@contextmanager
def ignored_errors() -> Iterator[None]:
    """For closing what may be broken already."""
    with suppress(*BROKER_ERRORS, AttributeError, ValueError):  # the libraries raise these on a dead socket
        yield
