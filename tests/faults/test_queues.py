"""Queues that vanish, and messages in them that nobody can use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from devstack.services import Stack
from imapp.domain.ids import shard_of
from tests.support import broker
from tests.support.cluster import Cluster
from tests.support.load import Load
from tests.support.supervisor import MANY, Supervisor
from tests.support.waiting import eventually

_PARKED_S: Final = 30.0
_DEATHS_S: Final = 300.0  # a writer that dies takes some seconds to start, and some more on a busy machine

_GARBAGE: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "a body in no known encoding": (b"\x00\xffgarbage", {"content_type": "application/x-nothing"}),
    "a body that is not what it says": (b"\xc1\xc1", {"content_type": "application/x-msgpack"}),
    "an unknown task": (
        [[b""], {}, {}],
        {"serializer": "msgpack", "headers": {"task": "messages.nonsense", "id": "nonsense-1", "lang": "py"}},
    ),
    "a batch that can't be read": (
        [[b"\xc1"], {}, {}],
        {"serializer": "msgpack", "headers": {"task": "messages.write", "id": "nonsense-2", "lang": "py"}},
    ),
}


@pytest.mark.parametrize(
    "queue",
    ["messages.0", *(pytest.param(name, marks=pytest.mark.long) for name in ("receipts", "pushes"))],
)
def test_a_queue_that_was_deleted_by_hand_is_made_again(load: Load, queue: str) -> None:
    """Guard: publishers declare the queue with every new connection and publish `mandatory`; a worker whose
    consumer is cancelled starts anew and declares it too.

    Switch: without py-amqp's `consumer_cancel_notify` the worker is not told and serves nobody any more.
    """
    load.judges_marks = queue != "receipts"  # the marks in it are gone with it
    with load:
        load.wait_moment()
        load.hurts_now()
        broker.delete_queue(load.cluster, queue)
        load.wait_recovered(promise="a queue that was deleted is declared and served again")
    load.cluster.wait_consumers(2)


@pytest.mark.parametrize("kind", ["gateway", pytest.param("replies", marks=pytest.mark.long)])
def test_a_gateway_whose_own_queue_was_deleted_makes_it_again(load: Load, stack: Stack, kind: str) -> None:
    """Guard: a consumer that RabbitMQ cancels ends its connection, and `GatewayConsumer.run` begins anew: all
    who are connected are told to resync, since what the queue held is gone.

    Switch: without `consumer_cancel_notify` the gateway hears no fanout (nobody is told), or no replies.
    """
    with load:
        load.wait_moment()
        before = load.resyncs
        load.hurts_now()
        broker.delete_own_queues(stack, load.cluster, kind)
        eventually(lambda: load.resyncs > before, timeout=_PARKED_S, what="somebody is told to resync")
        load.wait_recovered(promise="a gateway whose queue was deleted hears again")


def test_what_no_worker_can_read_is_set_aside_and_the_shard_goes_on(load: Load) -> None:
    """Guard: the queues' dead-letter exchange, and `task_acks_on_failure=False`.

    Switch: without the latter a task that raises is acknowledged and gone (the dead letters stay short).
    """
    before = broker.length(load.cluster, "dead")
    with load:
        load.wait_moment()
        load.hurts_now()
        for body, properties in _GARBAGE.values():
            broker.publish_raw(load.cluster, "messages.0", body, **properties)
            broker.publish_raw(load.cluster, "receipts", body, **properties)
        load.wait_recovered()
        eventually(
            lambda: broker.length(load.cluster, "dead") == before + 2 * len(_GARBAGE),
            timeout=_PARKED_S,
            what="all of it is among the dead letters",
        )


def test_a_command_that_raises_is_set_aside_and_its_neighbours_are_stored(load: Load) -> None:
    """Guard: `services.writing.batches` runs a batch that failed command by command.

    Switch: without `_run_singly` the whole batch is refused or lost with it (the others are never whole).
    """
    for writer in load.cluster.writers:
        load.cluster.restart(writer, failpoints="writer.command~poison=raise")
    load.cluster.wait_consumers(2)
    parked = load.cluster.database["parked"]
    before = parked.count_documents({})
    with load:
        load.wait_moment()
        load.hurts_now()
        poisoned = [
            person.client.post_text(channel, "poison", client_message_id="poison")
            for person, channel in zip(load.pairs, load.pair_channels, strict=False)
        ]
        load.wait_recovered(promise="the neighbours of a command that raises are served")
    shards = {shard_of(channel, load.cluster.shards) for channel in load.pair_channels}
    assert shards == set(range(load.cluster.shards)), "both shards were poisoned"
    assert {str(reply.exception(30)).partition(":")[0] for reply in poisoned} <= {"internal", "busy"}
    assert parked.count_documents({}) - before >= len(poisoned), "each of them is set aside"


def test_a_command_that_kills_its_writers_is_set_aside_and_everybody_is_served(load: Load) -> None:
    """Guard: a batch seen three times runs command by command, and what is running is noted beforehand.

    Switch: with `SUSPECT_AFTER` out of reach in `services.poison` it kills one writer after the
    other, and is not set aside.
    """
    for writer in load.cluster.writers:
        load.cluster.restart(writer, failpoints="writer.command~poison=kill")
    load.cluster.wait_consumers(2)
    parked = load.cluster.database["parked"]
    before = parked.count_documents({})
    with load, supervised(load.cluster) as supervisor:
        load.wait_moment()
        load.hurts_now()
        deadly = load.pairs[0].client.post_text(load.pair_channels[0], "x", client_message_id="poison")
        eventually(
            lambda: parked.count_documents({}) > before or len(supervisor.deaths) >= MANY,
            timeout=_DEATHS_S,
            what="it is set aside",
        )
        assert parked.count_documents({}) > before, f"it has killed {len(supervisor.deaths)} writers"
        load.hurts_now()
        load.wait_recovered()
    assert str(deadly.exception(_PARKED_S)).partition(":")[0] in ("internal", "busy")
    assert parked.count_documents({}) == before + 1


@contextmanager
def supervised(cluster: Cluster) -> Iterator[Supervisor]:
    """Writers that die are started again, as by systemd."""
    supervisor = Supervisor(cluster.processes[writer] for writer in cluster.writers)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2) and len(supervisor.deaths) < MANY:
            supervisor.keep_alive()

    thread = threading.Thread(target=watch, name="supervisor", daemon=True)
    thread.start()
    try:
        yield supervisor
    finally:
        ended.set()
        thread.join()
