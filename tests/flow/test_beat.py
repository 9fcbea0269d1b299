"""Two beats and two workers on one system: what nobody was told of is indexed, all of it, and once."""

import re
from functools import partial

from tests.conftest import ClusterFactory
from tests.flow.test_indexing import is_indexed
from tests.support.archive import copies_of
from tests.support.cluster import Cluster
from tests.support.scene import Scene
from tests.support.waiting import eventually

WORKERS = ("archive", "archive-1")


def entries_indexed(cluster: Cluster, name: str) -> int:
    """How many entries a worker has brought into the index."""
    found = re.search(
        r"^imapp_indexing_lag_seconds_count(?:{[^}]*})? (\d+)", cluster.metrics(name), re.MULTILINE
    )
    return int(found[1]) if found else 0


def test_what_nobody_was_told_of_is_indexed_once_by_two_workers_that_two_beats_remind(
    own_cluster: ClusterFactory, index_url: str
) -> None:
    cluster = own_cluster(
        es_url=index_url,
        gateways=1,
        writers=1,
        archives=2,
        beats=2,
        metrics=True,
        failpoints={"writer-0": "nudges.taken=skip"},  # which loses its nudges
    )
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        channels = [
            client.write("create_group", name=f"team {number}", user_ids=[bo]).channel_id
            for number in range(4)
        ]

        def have_both_had_their_turn() -> bool:
            for channel in channels:
                client.send_text(channel, "hello")
            return all(entries_indexed(cluster, name) for name in WORKERS)

        eventually(have_both_had_their_turn, timeout=60, what="each worker has indexed something")
        for channel in channels:
            eventually(partial(is_indexed, cluster, channel), what=f"{channel} is indexed")

        for channel in channels:
            row = cluster.database["channels"].find_one({"_id": channel}) or {}
            seqs = [copy["seq"] for copy in copies_of(cluster.es_url, cluster.namespace, channel)]
            assert seqs == list(range(1, row["head"]["seq"] + 1))
