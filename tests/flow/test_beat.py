"""Two beats and two workers on one system: what nobody was told of is indexed, all of it, and once."""

from functools import partial

from tests.conftest import ClusterFactory
from tests.flow.test_indexing import is_indexed
from tests.support.archive import copies_of
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_what_nobody_was_told_of_is_indexed_once_by_two_workers_that_two_beats_remind(
    own_cluster: ClusterFactory, index_url: str
) -> None:
    cluster = own_cluster(
        es_url=index_url,
        gateways=1,
        writers=1,
        archives=2,
        beats=2,
        failpoints={"writer-0": "nudges.taken=skip"},  # which loses its nudges
    )
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        channels = [
            client.write("create_group", name=f"team {number}", user_ids=[bo]).channel_id
            for number in range(4)
        ]

        for number in range(10):
            for channel in channels:
                client.send_text(channel, f"hello {number}")
        for channel in channels:
            eventually(partial(is_indexed, cluster, channel), timeout=60, what=f"{channel} is indexed")

        for channel in channels:
            row = cluster.database["channels"].find_one({"_id": channel}) or {}
            seqs = [copy["seq"] for copy in copies_of(cluster.es_url, cluster.namespace, channel)]
            assert seqs == list(range(1, row["head"]["seq"] + 1))
