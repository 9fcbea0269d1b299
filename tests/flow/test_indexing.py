"""What is sent, changed or taken back is in the index some seconds later, just as MongoDB has it."""

from typing import Any

import pytest

from imapp.broker.topology import INDEX_TASK
from imapp.domain.entries import RECALLED
from imapp.stores.canonical import content_hash, restored
from imapp.stores.mongo import connect
from imapp.wiring.indexing import LOOK_AROUND
from tests.conftest import ClusterFactory
from tests.support.archive import indexed
from tests.support.cluster import Cluster
from tests.support.scene import Scene
from tests.support.waiting import eventually

pytestmark = pytest.mark.indexed


def stored(cluster: Cluster, channel: str) -> dict[str, dict[str, Any]]:
    """The log of a channel as the product reads it, by message id."""
    database = connect(cluster.mongo_url, pool_size=1)
    try:
        bounds = {"$gte": f"{channel}.", "$lt": f"{channel}/"}
        return {row["_id"]: row for row in database["messages"].find({"_id": bounds})}
    finally:
        database.client.close()


def found(cluster: Cluster, channel: str) -> dict[str, dict[str, Any]]:
    """What the index has of a channel, by message id."""
    contents = indexed(cluster.es_url, cluster.namespace)
    return {name: source for name, source in contents.items() if source["channel_id"] == channel}


def is_indexed(cluster: Cluster, channel: str) -> bool:
    """Whether the index shows the log as it is, and the watermark says so."""
    log, index = stored(cluster, channel), found(cluster, channel)
    row = cluster.database["channels"].find_one({"_id": channel}) or {}
    return (
        {name: source["hash"] for name, source in index.items()}
        == {name: content_hash(entry) for name, entry in log.items()}
        and row["indexed_seq"] == len(log)
        and all(restored(source["entry"]) == log[name] for name, source in index.items())
    )


def test_what_is_sent_edited_and_recalled_is_indexed_as_it_is_now(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    client = scene.connect(an)
    channel = client.write("create_group", name="team", user_ids=[bo]).channel_id
    texts = [str(client.send_text(channel, f"message {number}").message_id) for number in range(5)]
    eventually(lambda: is_indexed(scene.cluster, channel), what="all is indexed")

    client.write("edit", channel_id=channel, message_id=texts[1], content="changed")
    client.write("recall", channel_id=channel, message_id=texts[2])
    client.write("edit", channel_id=channel, message_id=texts[3], content="changed, then taken back")
    eventually(lambda: is_indexed(scene.cluster, channel), what="what was changed is indexed again")
    client.write("recall", channel_id=channel, message_id=texts[3])
    eventually(lambda: is_indexed(scene.cluster, channel), what="the edit has lost its proof there as well")

    index = found(scene.cluster, channel)
    assert index[texts[1]]["text"] == "changed"
    assert index[texts[2]]["recalled"] is True
    assert "message 2" not in str(index)
    assert restored(index[texts[2]]["entry"])["status"] == RECALLED


def test_channels_that_nobody_was_told_of_are_found(own_cluster: ClusterFactory, index_url: str) -> None:
    # Every writer loses its nudges.
    cluster = own_cluster(
        es_url=index_url, gateways=1, writers=1, failpoints={"writer-0": "nudges.taken=skip"}
    )
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        channel = client.write("create_group", name="team", user_ids=[bo]).channel_id
        client.send_text(channel, "hello")
        assert cluster.database["channels"].count_documents({"_id": channel, "indexed_seq": 0}) == 1

        # What beat enqueues; twice, as two beats would.
        cluster.publish_task("archive", INDEX_TASK, LOOK_AROUND)
        cluster.publish_task("archive", INDEX_TASK, LOOK_AROUND)

        eventually(lambda: is_indexed(cluster, channel), what="the sweep has found it")
