"""The worker that moves what is old, and deletes what is kept no longer, when beat reminds it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import pytest

from imapp.broker.topology import INDEX_TASK, MOVE_TASK
from imapp.config import Config
from imapp.domain.ids import message_id
from imapp.stores.messages import MessageLog
from imapp.stores.mongo import DURABLE, connect
from imapp.wiring.indexing import archive_stores
from schemas.tasks import PushBatch, PushNudge
from tests.flow.test_archive_move import DAY_MS, NOW_MS
from tests.flow.test_archive_nightly import CHANNELS
from tests.support.cluster import Cluster
from tests.support.entries import log_entry
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_without_elasticsearch_the_worker_deletes_what_is_kept_no_longer_when_beat_reminds_it(
    own_cluster: Callable[..., Cluster],
) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    log = MessageLog(cluster.database.with_options(write_concern=DURABLE))
    old = NOW_MS - 900 * DAY_MS
    log.append([log_entry(CHANNELS[0], seq, time_ms=old) for seq in range(1, 6)])
    row = {"_id": CHANNELS[0], "hot_from_seq": 1, "indexed_seq": 0, "head": {"seq": 5}}
    cluster.database["channels"].insert_one(row)
    cluster.tool("archive", "retention", CHANNELS[0], "7")

    cluster.publish_task("moves", MOVE_TASK, b"")

    left = partial(cluster.database["messages"].distinct, "seq")
    eventually(lambda: left() == [5], what="what is kept no longer is deleted")


@pytest.mark.indexed
def test_the_worker_moves_what_is_old_when_beat_reminds_it(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    client, cluster = scene.connect(an), scene.cluster
    channel = client.write("create_group", name="team", user_ids=[bo]).channel_id
    for number in range(5):
        client.send_text(channel, f"message {number}")
    eventually(lambda: _row(cluster, channel)["indexed_seq"] == 6, what="all is indexed")
    names = [message_id(channel, seq) for seq in range(1, 7)]
    _let_be_old(cluster, channel, names)

    # What beat enqueues; twice, as two beats would.
    cluster.publish_task("moves", MOVE_TASK, b"")
    cluster.publish_task("moves", MOVE_TASK, b"")

    left = partial(cluster.database["messages"].count_documents, {"_id": {"$in": names}})
    eventually(lambda: left() == 1, what="what is old is archived")
    assert _row(cluster, channel)["hot_from_seq"] == 6
    page = client.history(channel, after=0, limit=10)
    assert [entry.seq for entry in page.entries] == list(range(1, 7))


def _row(cluster: Cluster, channel: str) -> dict[str, Any]:
    return cluster.database["channels"].find_one({"_id": channel}) or {}


def _let_be_old(cluster: Cluster, channel: str, names: list[str]) -> None:
    """These are from long ago, indexed as such; and it is not known that a round of the move ever ended."""
    database = connect(cluster.mongo_url, pool_size=1)
    config = Config(environment="test", es_url=cluster.es_url, namespace=cluster.namespace)
    stores = archive_stores(config, database)
    assert stores is not None
    stores.entries.remove(names)
    old = {"$set": {"server_time": datetime(2024, 3, 1, tzinfo=UTC)}}
    database["messages"].update_many({"_id": {"$in": names}}, old)
    database["channels"].update_one({"_id": channel}, {"$set": {"indexed_seq": 0}})
    nudge = PushBatch(nudges=[PushNudge(channel_id=channel, at_ms=0)])
    cluster.publish_task("archive", INDEX_TASK, msgspec.msgpack.encode(nudge))
    eventually(lambda: _row(cluster, channel)["indexed_seq"] == 6, what="all is indexed again")
    database["leases"].delete_one({"_id": "archive.move"})
    stores.client.close()
    database.client.close()
