"""A process of the product dies at any moment, as by `kill -9`."""

import random
import re
from functools import partial
from typing import Final

from tests.support.cluster import Cluster
from tests.support.load import Load
from tests.support.waiting import eventually, left

_LONG_S: Final = 60.0
_BATCHES: Final = re.compile(r"^imapp_batch_commands_count\S* (\S+)$", re.MULTILINE)


def test_clients_go_on_at_the_other_gateway_when_theirs_is_killed(load: Load) -> None:
    """Guard: clients resume by seq, and a write that is repeated with its client id has one effect.

    Switch: without the unique index on (channel, sender, client id) what was stored before the gateway died
    is stored again (dup).
    """
    with load:
        load.wait_moment()
        load.hurts_now()
        load.cluster.kill("gateway-0")
        load.wait_recovered(promise="everybody is served by the other gateway")


def test_the_standby_goes_on_when_the_active_writer_is_killed(load: Load, rng: random.Random) -> None:
    """Guard: tasks are acknowledged after they were published (`task_acks_late`), and the standby takes over.

    Switch: with a standby that takes nothing (`StandBy._noting`) nobody answers for the shard (not whole).
    """
    with load:
        load.wait_moment()
        victim = rng.choice(_active_writers(load))
        load.hurts_now()
        load.cluster.kill(victim)
        load.wait_recovered(promise="the standby serves the shard of a writer who has died")


def test_nobody_who_talks_notices_that_the_receipts_worker_was_killed(load: Load) -> None:
    """Guard: receipts and pushes are off the way of a message, and their queue outlives their worker.

    Switch: with `grown` of `outgoing.outlet` waiting until what it hears of is dispatched, senders are told
    to come again. That a nudge which is lost is made up for is `tests/e2e/test_push_worker`'s matter.
    """
    with load:
        load.wait_moment()
        load.hurts_now()
        load.cluster.kill("receipts")
        load.wait_recovered(promise="nobody who talks waits for the receipts worker")
        assert not load.refusals, "senders wait for the receipts worker"
        load.cluster.restart("receipts")
        load.hush()
        missing = left(partial(_undispatched, load.cluster, load.pair_channels), timeout=_LONG_S)
        assert not missing, "what was said while the worker was dead is never dispatched"


def _active_writers(load: Load) -> list[str]:
    """Who has run a batch since now: a standby, be it the home of a shard or not, runs none."""
    before = {writer: _batches(load.cluster, writer) for writer in load.cluster.writers}

    def active() -> list[str]:
        return [writer for writer, count in before.items() if _batches(load.cluster, writer) > count]

    return eventually(active, timeout=_LONG_S, what="a writer runs a batch")


def _batches(cluster: Cluster, writer: str) -> float:
    found = _BATCHES.search(cluster.metrics(writer))
    return float(found[1]) if found else 0.0


def _undispatched(cluster: Cluster, channels: list[str]) -> list[str]:
    """The channels whose newest entry nobody was told of outside his socket."""
    heads = {row["_id"]: row["head"]["seq"] for row in cluster.database["channels"].find()}
    told = {row["_id"]: row["seq"] for row in cluster.database["push_heads"].find()}
    return [channel for channel in channels if told.get(channel, 0) < heads[channel]]
