"""Opening a connection to RabbitMQ, and the one place where its errors become ours."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from amqp.exceptions import AMQPError, MessageNacked
from kombu import Connection
from kombu.exceptions import KombuError

from imapp.errors import ConfigError

_CONNECT_TIMEOUT_S: Final = 4
# py-amqp's default of 1 s makes a short stall of the broker look like a dead connection.
_TCP_USER_TIMEOUT_MS: Final = 15_000

_TWICE_AT_ONCE: Final = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

_TRANSPORTS: Final = {
    "amqp": "imapp.broker.transport:Transport",
    "amqps": "imapp.broker.transport:SecureTransport",
}
TRANSPORT_OPTIONS: Final[dict[str, Any]] = {
    "confirm_publish": True,
    "max_retries": 3,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 1,
    "socket_settings": {socket.TCP_USER_TIMEOUT: _TCP_USER_TIMEOUT_MS},
}

# A nack (a full queue refuses) is an exception of its own kind.
BROKER_ERRORS: Final = (AMQPError, KombuError, MessageNacked, OSError)


def transport_of(url: str) -> str:
    """The transport for a URL of RabbitMQ; it must be named, or kombu takes its own.

    Raises:
        ConfigError: the URL is neither amqp:// nor amqps://.
    """
    scheme = url.partition("://")[0]
    if scheme not in _TRANSPORTS:
        raise ConfigError("IM_AMQP_URL must begin with amqp:// or amqps://.")
    return _TRANSPORTS[scheme]


def open_connection(url: str, *, confirm: bool, heartbeat: int = 0) -> Connection:
    """A connected connection. With `confirm`, each publish on it waits for the broker's word.

    Raises:
        OSError, AMQPError: RabbitMQ can't be reached or refuses.
    """
    connection = Connection(
        url,
        transport=transport_of(url),
        connect_timeout=_CONNECT_TIMEOUT_S,
        heartbeat=heartbeat,
        transport_options={**TRANSPORT_OPTIONS, "confirm_publish": confirm},
    )
    # Between its two attempts `connect()` would sleep for 2 s; who calls us has pauses of his own.
    connection.ensure_connection(**_TWICE_AT_ONCE, reraise_as_library_errors=False)
    return connection


@contextmanager
def ignored_errors() -> Iterator[None]:
    """For closing what may be broken already."""
    with suppress(*BROKER_ERRORS, AttributeError, ValueError):  # the libraries raise these on a dead socket
        yield
