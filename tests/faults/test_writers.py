"""A writer that comes back beside its successor, and what a writer's fast writes lose."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from devstack.services import Stack
from imapp.domain.entries import MESSAGES
from imapp.stores.channel_rows import own_key
from tests.support import broker
from tests.support.chatter import Chatter
from tests.support.clock import ClockFile
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.load import Load
from tests.support.waiting import eventually, left

_MENDED_S = 30.0
_HUNG_S = 30.0
_HOUR_S: Final = 3600


def test_a_hung_writer_that_returns_beside_its_successor_stores_nothing_twice(
    stack: Stack, load: Load
) -> None:
    """Guard: the key of an entry is its channel and seq, so who writes with an old state collides.

    Switch: taking a duplicate key in `MessageLog.append` for success acknowledges what is not stored (lost).
    """
    load.cluster.restart("writer-0", failpoints="writer.command~hang=stop")
    load.cluster.restart("writer-1")  # so that writer-0 serves both shards for the moment
    with load:
        load.wait_moment()
        people = list(zip(load.pairs, load.pair_channels, strict=False))
        replies = [
            person.client.post_text(channel, "hang", client_message_id="hang") for person, channel in people
        ]
        eventually(lambda: load.cluster.hangs("writer-0"), timeout=_HUNG_S, what="the writer hangs")
        load.hurts_now()
        broker.drop_connections(stack, load.cluster, "writer-0")
        load.wait_recovered()
        load.cluster.thaw("writer-0")
        load.wait_going_on(20)
        # Repeated where the first answer was `busy`: each has one entry, whoever stored it.
        unanswered = [person.user for person, channel in people if not _is_answered(person, channel)]
    assert len(replies) == len(people)
    assert not unanswered, "what was under way when the writer hung is never answered"


def _is_answered(person: Chatter, channel: str) -> bool:
    try:
        person.client.send_text(channel, "hang", client_message_id="hang")
    except RefusedError:
        return False
    return True


def test_heads_that_were_rolled_back_under_a_writer_are_moved_again(load: Load) -> None:
    """Guard: `HeadKeeper` moves what it moved in the last minute again every few seconds.

    Switch: without `heads.keep()` in `wiring.workers` the heads of quiet channels stay behind (not mended).
    """
    with load:
        old = _heads(load.cluster, load.pair_channels)
        load.wait_moment()
        load.wait_whole("everybody has sent more", timeout=_MENDED_S)
        load.hush()  # so that no further message moves the heads
        load.hurts_now()
        _set_back(load.cluster, old)
        eventually(
            partial(_are_mended, load.cluster, load.pair_channels), timeout=_MENDED_S, what="heads are right"
        )
        load.notes_recovery()


def test_heads_that_were_rolled_back_with_their_writer_dead_are_repaired(load: Load) -> None:
    """Guard: a writer that loads a channel compares its head with the log (`ChannelCache._repair`).

    Switch: without `_repair` it numbers from the old head, and each send collides until it gives up (busy).
    """
    with load:
        old = _heads(load.cluster, load.pair_channels)
        load.wait_moment()
        load.wait_whole("everybody has sent more", timeout=_MENDED_S)
        for writer in load.cluster.writers:
            load.cluster.kill(writer)
        _set_back(load.cluster, old)
        for writer in load.cluster.writers:
            load.cluster.processes[writer].start()
        load.hurts_now()
        load.wait_recovered(promise="a writer that loads a channel goes on at the end of its log")
        load.hush()
        eventually(
            partial(_are_mended, load.cluster, load.pair_channels), timeout=_MENDED_S, what="heads are right"
        )


@pytest.mark.parametrize("gateway", ["gateway-1", pytest.param("gateway-0", marks=pytest.mark.long)])
def test_batches_lost_on_the_way_to_a_gateway_are_noticed_and_filled(load: Load, gateway: str) -> None:
    """Guard: batches are numbered, and a gateway that misses one reloads and tells its clients to resync.

    Switch: `Delivery._gap_before` answering False always leaves what was lost unseen (nobody is told).
    """
    load.cluster.restart(gateway, failpoints="gateway.fanout=40:skip")
    with load:
        load.hurts_now()
        load.wait_going_on(10)
        unseen = left(lambda: [] if load.resyncs else [gateway], timeout=_MENDED_S)
        assert not unseen, "a batch is lost, and nobody is told that he has missed something"
        load.wait_recovered()


@pytest.mark.parametrize("step_s", [_HOUR_S, pytest.param(-_HOUR_S, marks=pytest.mark.long)])
def test_a_writer_whose_clock_jumps_forth_and_back_keeps_order_heads_and_receipts(
    load: Load, tmp_path: Path, step_s: int
) -> None:
    """Guard: order, repeats and heads go by `seq`, waits by the monotonic clock; a time is only shown.

    Switch: with `time` before `seq` in `stores.channel_rows.head_of` a head stays behind once the clock has
    gone back (what was read is not shown as read).
    """
    with _stepped(load.cluster, load.cluster.writers, tmp_path) as clock:
        with load:
            load.wait_moment()
            for shift in (step_s, 0):
                load.hurts_now()
                clock.step(shift)
                load.wait_recovered()
                assert _shift_of(load) == pytest.approx(shift, abs=60), "the writers' clock is stepped"
            _check_receipt(load)
            load.hush()
            eventually(
                partial(_are_mended, load.cluster, load.pair_channels),
                timeout=_MENDED_S,
                what="heads are right",
            )
        assert not load.silences


@pytest.mark.parametrize("victim", ["receipts", pytest.param("writer-0", marks=pytest.mark.long)])
def test_a_worker_whose_clock_alone_jumps_moves_no_receipt_in_time(
    load: Load, tmp_path: Path, victim: str
) -> None:
    """Guard: a mark is stamped by the gateway that takes it, and what is due goes by the database's clock.

    Switch: with the time at which `services.receipts.marks` applies a mark it was read an hour from now.
    """
    with _stepped(load.cluster, [victim], tmp_path) as clock:
        with load:
            load.wait_moment()
            load.hurts_now()
            clock.step(_HOUR_S)
            load.wait_recovered()
            modified_s = datetime.fromisoformat(_check_receipt(load)).timestamp()
            clock.step(0)
            load.hurts_now()
            load.wait_recovered()
        if victim == "receipts":
            assert modified_s - time.time() < _HOUR_S / 2, "it was read in the future"
        assert not load.silences


@contextmanager
def _stepped(cluster: Cluster, workers: Sequence[str], folder: Path) -> Iterator[ClockFile]:
    """The clock of these workers, to be stepped."""
    clock = ClockFile(folder / "clock")
    for worker in workers:
        cluster.restart(worker, environment=clock.worker_environment)
    cluster.wait_consumers(2)
    try:
        yield clock
    finally:
        for worker in workers:
            process = cluster.processes[worker]
            for name in clock.worker_environment:
                del process.environment[name]
            cluster.restart(worker)


def _shift_of(load: Load) -> float:
    """By how much the time of a message that is sent now differs from the right one."""
    an, bo = load.scene.people("an", "bo")
    sent = load.scene.connect(an).send_text(None, "what is the time?", to=bo)
    assert sent.server_time is not None
    return datetime.fromisoformat(sent.server_time).timestamp() - time.time()


def _check_receipt(load: Load) -> str:
    """What was read is shown as read, and not before it was sent; since when."""
    an, bo = load.scene.people("an", "bo")
    sent = load.scene.connect(an).send_text(None, "read me", to=bo)
    asker = load.scene.rest(an)
    load.scene.rest(bo).read(sent.channel_id or "", sent.seq or 0)
    eventually(
        lambda: asker.pushes(sent.message_id or "").counts.read == 1,
        timeout=_MENDED_S,
        what="what was read is shown as read",
    )
    (push,) = asker.pushes(sent.message_id or "").pushes
    assert push.last_modified_time >= (sent.server_time or "")
    return push.last_modified_time


Row = dict[str, Any]


def _heads(cluster: Cluster, channels: list[str]) -> list[Row]:
    return list(cluster.database["channels"].find({"_id": {"$in": channels}}))


def _set_back(cluster: Cluster, rows: list[Row]) -> None:
    """As a failover does to what only the old primary had."""
    for row in rows:
        cluster.database["channels"].replace_one({"_id": row["_id"]}, row)


def _are_mended(cluster: Cluster, channels: list[str]) -> bool:
    rows = _heads(cluster, channels)
    return all(
        row["head"]["seq"] == _newest(cluster, row["_id"]) and _own_are_right(cluster, row) for row in rows
    )


def _own_are_right(cluster: Cluster, row: Row) -> bool:
    """Whether nobody's own messages count as unread."""
    newest = {"$group": {"_id": "$sender", "seq": {"$max": "$seq"}}}
    wanted = {"channel_id": row["_id"], "type": {"$in": list(MESSAGES)}}
    sent = cluster.database["messages"].aggregate([{"$match": wanted}, newest])
    return all(row["own"][own_key(found["_id"])]["seq"] >= found["seq"] for found in sent)


def _newest(cluster: Cluster, channel: str) -> int:
    row = cluster.database["messages"].find_one({"channel_id": channel}, sort=[("_id", -1)])
    assert row is not None
    seq: int = row["seq"]
    return seq
