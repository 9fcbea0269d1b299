"""The Celery application that the yardstick's gateway and worker share."""

# mypy: ignore-errors

import os

from celery import Celery
from kombu import Exchange, Queue
from kombu.transport import pyamqp

SHARDS = 2
AMQP_URL = os.environ["YARDSTICK_AMQP_URL"]
MONGO_URL = os.environ["YARDSTICK_MONGO_URL"]
NAMESPACE = os.environ["YARDSTICK_NAMESPACE"]
SEND = f"{NAMESPACE}.send"
DELIVER = Exchange(f"{NAMESPACE}.deliver", type="fanout", durable=False)


def queue_name(shard: int) -> str:
    """The command queue of a shard."""
    return f"{NAMESPACE}.s{shard}"


# Prefetch per consumer, as in the product.
pyamqp.Transport.qos_semantics_matches_spec = lambda *_: True

app = Celery("yardstick", broker=AMQP_URL)
app.conf.update(
    task_ignore_result=True,
    worker_send_task_events=False,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    task_serializer="msgpack",
    accept_content=["msgpack"],
    worker_enable_remote_control=False,
    broker_transport_options={"confirm_publish": True},
    broker_pool_limit=10,
    task_queues=[
        Queue(
            queue_name(shard),
            Exchange(SEND, type="direct"),
            routing_key=queue_name(shard),
            durable=True,
            queue_arguments={"x-single-active-consumer": True},
        )
        for shard in range(SHARDS)
    ],
)
