"""The mark of a shard's home writer, while the connection that had it before has not been missed yet."""

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from amqp.exceptions import NotFound, ResourceLocked
from kombu import Connection

from devstack.services import Stack
from imapp.broker.connection import open_connection
from imapp.broker.topology import Topology
from workers.standby import StandBy

TOPOLOGY = Topology(f"marks{os.getpid()}", 1)


@pytest.fixture
def lost(stack: Stack) -> Iterator[Connection]:
    """The connection of a writer that vanished."""
    with open_connection(stack.amqp_url, confirm=False) as connection:
        yield connection


@pytest.fixture
def writer(stack: Stack) -> Iterator[Any]:
    """What Celery gives the step of a writer whose home is shard 0."""
    with open_connection(stack.amqp_url, confirm=False) as connection:
        yield SimpleNamespace(
            connection=connection,
            task_consumer=SimpleNamespace(queues=[TOPOLOGY.message_queue(0)]),
            timer=SimpleNamespace(call_after=lambda *_: None, call_repeatedly=lambda *_: None),
        )
        channel = connection.channel()
        TOPOLOGY.dead_queue()(channel).delete()
        TOPOLOGY.dead(channel).delete()


def is_marked(stack: Stack) -> bool:
    """Whether a connection holds the mark, as others see it."""
    with open_connection(stack.amqp_url, confirm=False) as connection:
        try:
            TOPOLOGY.home_mark(0)(connection.channel()).queue_declare(passive=True)
        except ResourceLocked:
            return True
        except NotFound:
            return False
    return False


def test_a_writer_that_returns_early_leaves_its_mark_as_soon_as_it_can(
    stack: Stack, lost: Connection, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("topology", TOPOLOGY), ("delay_s", 1.0), ("give_back_after_s", 60.0)):
        monkeypatch.setattr(StandBy, name, value, raising=False)
    TOPOLOGY.home_mark(0)(lost.channel()).declare()
    step = StandBy(SimpleNamespace())
    step.start(writer)
    step._mark_again(writer, writer.task_consumer)

    lost.release()
    assert not is_marked(stack)
    step._mark_again(writer, writer.task_consumer)

    assert is_marked(stack)
