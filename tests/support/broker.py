"""What an operator, or bad luck, does to RabbitMQ."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psutil
from kombu import Connection, Producer

from devstack.services import Stack
from tests.support.cluster import Cluster

_WATERMARK: Final = "0.4"
_FREE_BYTES: Final = "50MB"
_TOO_LITTLE_MEMORY: Final = "0.0001"
_TOO_MUCH_DISK: Final = "1000000GB"


@contextmanager
def memory_alarm(stack: Stack) -> Iterator[None]:
    """RabbitMQ believes to have too much in memory, and takes nothing from publishers."""
    stack.rabbitmqctl("set_vm_memory_high_watermark", _TOO_LITTLE_MEMORY)
    try:
        yield
    finally:
        stack.rabbitmqctl("set_vm_memory_high_watermark", _WATERMARK)


@contextmanager
def disk_alarm(stack: Stack) -> Iterator[None]:
    """RabbitMQ believes that its disk is full, and takes nothing from publishers."""
    stack.rabbitmqctl("set_disk_free_limit", _TOO_MUCH_DISK)
    try:
        yield
    finally:
        stack.rabbitmqctl("set_disk_free_limit", _FREE_BYTES)


def delete_queue(cluster: Cluster, name: str) -> None:
    """Delete a queue with all that is in it, whoever consumes it."""
    with Connection(cluster.amqp_url, connect_timeout=5) as connection:
        connection.default_channel.queue_delete(f"{cluster.namespace}.{name}")


def delete_own_queues(stack: Stack, cluster: Cluster, kind: str) -> None:
    """Delete every gateway's own queue of a kind, `gateway` or `replies`, which only RabbitMQ itself can."""
    stack.rabbitmqctl(
        "eval",
        '[rabbit_amqqueue:delete(Q, false, false, <<"an operator">>) || Q <- rabbit_amqqueue:list(), '
        f'string:prefix(element(4, amqqueue:get_name(Q)), <<"{cluster.namespace}.{kind}.">>) =/= nomatch].',
    )


def publish_raw(cluster: Cluster, name: str, body: Any, **properties: Any) -> None:
    """Put a message into a queue as it is."""
    with Connection(cluster.amqp_url, connect_timeout=5) as connection:
        producer = Producer(connection.channel())
        producer.publish(body, exchange="", routing_key=f"{cluster.namespace}.{name}", **properties)


def length(cluster: Cluster, name: str) -> int:
    """How many messages wait in a queue."""
    with Connection(cluster.amqp_url, connect_timeout=5) as connection:
        declared = connection.default_channel.queue_declare(f"{cluster.namespace}.{name}", passive=True)
        count: int = declared.message_count
        return count


def bodies(cluster: Cluster, name: str) -> list[bytes]:
    """What waits in a queue that nobody serves, and goes on waiting there."""
    with Connection(cluster.amqp_url, connect_timeout=5) as connection:
        channel = connection.channel()
        # What is not acknowledged returns to its place when the connection ends.
        return [bytes(message.body) for message in iter(lambda: _next(channel, cluster, name), None)]


def _next(channel: Any, cluster: Cluster, name: str) -> Any:
    return channel.basic_get(f"{cluster.namespace}.{name}", no_ack=False)


def drop_connections(stack: Stack, cluster: Cluster, name: str) -> None:
    """Let RabbitMQ take a process for dead: it closes its connections, and requeues what it had."""
    ports = [
        str(socket.laddr.port)
        for process in cluster.processes[name].tree()
        for socket in psutil.Process(process.pid).net_connections("tcp")
        if socket.raddr and socket.raddr.port == stack.rabbitmq.port
    ]
    stack.rabbitmqctl(
        "eval",
        f'[rabbit_networking:close_connection(proplists:get_value(pid, I), <<"taken for dead">>) || '
        f"I <- rabbit_networking:connection_info_all([pid, peer_port]), "
        f"lists:member(proplists:get_value(peer_port, I), [{','.join(ports)}])].",
    )
