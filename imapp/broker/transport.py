"""The AMQP transport with per-consumer prefetch."""

from typing import Any

from kombu.transport import pyamqp


class SecureTransport(pyamqp.SSLTransport):
    """The same over TLS, for `amqps://`."""

    def qos_semantics_matches_spec(self, _connection: Any) -> bool:
        """As of `Transport`."""
        return True


class Transport(pyamqp.Transport):
    """Counts unacknowledged messages per consumer.

    With the channel-wide count that Celery falls back to, the queues on which a worker only stands by
    would eat into the prefetch of those it consumes.
    """

    def qos_semantics_matches_spec(self, _connection: Any) -> bool:
        """Whether `basic.qos` may be used as RabbitMQ means it; every RabbitMQ since 3.3 qualifies."""
        return True
