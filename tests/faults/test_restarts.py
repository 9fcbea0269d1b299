"""What operators do on purpose: everything restarted, one after the other, and nobody writing for a while."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from devstack.server import Server
from devstack.services import Stack
from tests.faults.conftest import Force
from tests.support import broker
from tests.support.chatter import direct_channel
from tests.support.cluster import Cluster
from tests.support.load import Load
from tests.support.waiting import eventually

_PARTS: Final = ("gateway-0", "writer-0", "receipts", "gateway-1", "writer-1")
_SLOWER: Final = 4.0
"""How much of what the machine takes longer, for a turn that nothing disturbs, is allowed to a restart."""
_TURN_S: Final = 2.0  # of somebody who pauses for 1.5 s at most
_LONG_S: Final = 120.0
_COMMANDS_KEPT_S: Final = 60.0
_DRAIN_S: Final = 30.0
"""How long a part that was told to stop may take to end by itself."""


def test_everything_is_restarted_one_after_the_other_and_nobody_is_refused_for_good(
    load: Load, stack: Stack, force: Force, rng: random.Random
) -> None:
    """Guard: gateways drain and say `closing`, workers close their connection instead of cancelling, and all
    look every second whether a server is back.

    The time runs from SIGTERM to a part of the product, which stays away until everybody is whole without it.
    Nobody is served without RabbitMQ or MongoDB: there it runs from when they are back.

    Switch: with kombu's pauses instead of those of `PromptConnection` nobody is whole in time after a restart
    of RabbitMQ. That gateways say goodbye, and that no standby overtakes what a writer holds which is told to
    stop, is `tests/e2e/test_drain`'s matter.
    """
    servers = {server.name: server for server in (stack.rabbitmq, stack.mongod)}
    parts = sorted([*_PARTS, *servers])
    with load:
        for _ in range(force.restarts):
            for part in rng.sample(parts, len(parts)):
                load.wait_moment()
                if part in servers:
                    _restart_server(load, servers[part], force.whole_s)
                else:
                    _restart_part(load, part, force.whole_s)
    assert not load.silences


def _restart_part(load: Load, part: str, whole_s: float) -> None:
    """Nobody misses it while it ends and is away, nor does anybody suffer from its return."""
    process = load.cluster.processes[part]
    told_at = time.monotonic()
    process.ask_to_stop()
    _check_whole_soon(load, f"{part} was told to stop", whole_s)
    has_ended = process.wait(max(0.0, told_at + _DRAIN_S - time.monotonic()))
    assert has_ended, f"{part} has not ended by itself {_DRAIN_S:g} s after it was told to"
    load.cluster.restart(part)
    load.cluster.wait_consumers(len(load.cluster.writers))
    _check_whole_soon(load, f"{part} is back", whole_s)


def _restart_server(load: Load, server: Server, whole_s: float) -> None:
    server.stop()
    server.start()
    _check_whole_soon(load, f"{server.name} is back", whole_s)


def _check_whole_soon(load: Load, since: str, whole_s: float) -> None:
    """Everybody is whole in time from now on, or within more on a machine that is slow at the moment."""
    load.hurts_now()
    load.wait_recovered(promise=f"everybody is served since {since}")
    if load.lately_s > whole_s:
        limit_s = whole_s + _SLOWER * max(0.0, load.calm_s() - _TURN_S)
        print(
            f"\nall whole {load.lately_s:.1f} s after {since}: allowed {limit_s:.1f} s instead of {whole_s:g}"
        )
        assert load.lately_s <= limit_s, f"all whole {load.lately_s:.1f} s after {since}"


def test_nobody_writes_for_long_and_what_was_repeated_meanwhile_is_stored_once(
    load: Load, force: Force
) -> None:
    """Guard: a gateway answers `busy`, a repeated client id has one effect, and RabbitMQ forgets after 60 s
    what everybody has given up.

    Switch: without `x-message-ttl` in `Topology.message_queue` what was given up is still waiting; without
    the unique index on (channel, sender, client id) what the returning writers find twice is stored twice.
    """
    with load:
        an, bo = load.scene.people("an", "bo")
        an_here = load.scene.connect(an)
        channel = direct_channel(an_here, bo)
        load.wait_moment()
        with _nobody_writing(load.cluster):
            early = an_here.post_text(channel, "early", client_message_id="early")
            eventually(
                lambda: all(person.refusals for person in load.everybody),
                timeout=_LONG_S,
                what="everybody is told that the system is busy",
            )
            given_up = _waiting(load.cluster)
            load.wait_time(force.outage_s)
            waiting = _waiting(load.cluster)
        load.hurts_now()
        load.wait_recovered()
    assert str(early.exception(0)).startswith("busy")
    assert given_up, "nothing waited for the writers"
    if force.outage_s > _COMMANDS_KEPT_S:
        assert not given_up & waiting, "what was given up is still waiting"
    assert not load.silences


def _waiting(cluster: Cluster) -> set[bytes]:
    """The batches that no writer has taken."""
    queues = (f"messages.{shard}" for shard in range(cluster.shards))
    return {body for queue in queues for body in broker.bodies(cluster, queue)}


@contextmanager
def _nobody_writing(cluster: Cluster) -> Iterator[None]:
    for writer in cluster.writers:
        cluster.processes[writer].stop()
    try:
        yield
    finally:
        for writer in cluster.writers:
            cluster.processes[writer].start()
        cluster.wait_consumers(1)
