"""What no worker can read is kept for an operator, what nobody took in time is not; the rest is served."""

import os
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from kombu import Connection, Producer

from devstack.services import Stack
from imapp.broker.topology import Topology
from tests.support import broker
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_a_body_that_nobody_can_decode_goes_to_the_dead_letters(scene: Scene) -> None:
    cluster = scene.cluster
    an, bo = scene.people("an", "bo")
    an_here = scene.connect(an)
    before = broker.length(cluster, "dead")

    for shard in range(cluster.shards):
        broker.publish_raw(cluster, f"messages.{shard}", b"\xc1", content_type="application/x-msgpack")

    eventually(
        lambda: broker.length(cluster, "dead") == before + cluster.shards,
        what="they are among the dead letters",
    )
    assert an_here.send_text(None, "hi", to=bo).seq == 1


TOPOLOGY = Topology(f"letters{os.getpid()}", 1, commands_kept_s=0.2)


@pytest.fixture
def channel(stack: Stack) -> Iterator[Any]:
    """With a shard's queue for which nobody writes, and the dead letters."""
    # What is published is in its queue when the call returns, so an empty queue has lost it since.
    confirmed = {"confirm_publish": True}
    with Connection(stack.amqp_url, connect_timeout=5, transport_options=confirmed) as connection:
        channel = connection.channel()
        queues = [TOPOLOGY.message_queue(0)(channel), TOPOLOGY.dead_queue()(channel)]
        for queue in queues:
            queue.declare()
        yield channel
        for queue in queues:
            queue.delete()
        TOPOLOGY.dead(channel).delete()
        channel.exchange_delete(f"{TOPOLOGY.namespace}.tasks")


def waiting(channel: Any, queue: Any) -> int:
    count: int = queue(channel).queue_declare(passive=True).message_count
    return count


@pytest.mark.limit("a command in the task queue that no writer takes")
def test_a_command_that_nobody_takes_in_time_is_dropped_and_is_no_dead_letter(channel: Any) -> None:
    shard, dead = TOPOLOGY.message_queue(0), TOPOLOGY.dead_queue()
    Producer(channel).publish(b"late", exchange="", routing_key=shard.name)

    eventually(lambda: waiting(channel, shard) == 0, what="it is gone")
    eventually(partial(_taken, channel, shard, b"refused"), what="it is taken before its time is up").reject()

    eventually(lambda: waiting(channel, dead) == 1, what="the refused one is there")
    assert dead(channel).get().body == b"refused"


def _taken(channel: Any, queue: Any, body: bytes) -> Any:
    """What was just published, unless that took too long."""
    Producer(channel).publish(body, exchange="", routing_key=queue.name)
    return queue(channel).get()
