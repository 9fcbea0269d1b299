"""What no worker can read is kept for an operator, what nobody took in time is not; the rest is served.

And what becomes of what is too much for a queue.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from amqp.exceptions import MessageNacked
from kombu import Connection, Producer

from devstack.services import Stack
from imapp.broker import topology
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


# ---- how much each of them holds, with smaller figures


@pytest.fixture
def small(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], tuple[Any, Any]]]:
    """Declares one of the queues with room for three, and gives it with a channel that waits for confirms."""
    for name in ("_MAX_DEAD", "_MAX_WAITING_TASKS", "_MAX_FANOUT_BATCHES", "_MAX_REPLIES"):
        monkeypatch.setattr(topology, name, 3)
    names = Topology(f"full{os.getpid()}", 1)
    with Connection(
        stack.amqp_url, connect_timeout=5, transport_options={"confirm_publish": True}
    ) as connection:
        channel = connection.channel()
        declared = []

        def declare(kind: str) -> tuple[Any, Any]:
            queues = {
                "dead": names.dead_queue(),
                "task": names.receipts_queue(),
                "fanout": names.gateway_queue("g"),
                "replies": names.reply_queue("g"),
            }
            queue = queues[kind](channel)
            queue.declare()
            declared.append(queue)
            return queue, channel

        yield declare
        for queue in declared:
            queue.delete()
            if queue.exchange.name:
                queue.exchange(channel).delete()


@pytest.mark.limit("dead letters")
@pytest.mark.limit("a gateway's queue of the fanout, batches")
@pytest.mark.parametrize("kind", ["dead", "fanout"])
def test_the_oldest_go_when_there_are_too_many(small: Callable[[str], tuple[Any, Any]], kind: str) -> None:
    queue, channel = small(kind)

    for number in range(5):
        Producer(channel).publish(f"{number}".encode(), exchange="", routing_key=queue.name)

    assert [queue.get(no_ack=True).body for _ in range(3)] == [b"2", b"3", b"4"]
    assert queue.get() is None


@pytest.mark.limit("task queue, tasks")
@pytest.mark.limit("a gateway's queue of answers")
@pytest.mark.parametrize("kind", ["task", "replies"])
def test_the_newest_is_refused_when_there_are_too_many(
    small: Callable[[str], tuple[Any, Any]], kind: str
) -> None:
    queue, channel = small(kind)

    for number in range(3):
        Producer(channel).publish(f"{number}".encode(), exchange="", routing_key=queue.name)
    with pytest.raises(MessageNacked):
        Producer(channel).publish(b"3", exchange="", routing_key=queue.name)

    assert [queue.get(no_ack=True).body for _ in range(3)] == [b"0", b"1", b"2"]
    assert queue.get() is None
