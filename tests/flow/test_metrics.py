"""What Prometheus reads of a real gateway and a real writer after a few messages."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ClusterFactory
from tests.support.cluster import Cluster
from tests.support.link import RefusedError
from tests.support.samples import HTML, PDF
from tests.support.scene import Scene
from tests.support.uploads import kept, refusal, upload
from tests.support.waiting import eventually

MESSAGES = 5


def samples(cluster: Cluster, name: str) -> dict[str, float]:
    """A process's samples: name and label values, value."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(cluster.metrics(name))
        for sample in family.samples
    }


@pytest.fixture
def counted(own_cluster: ClusterFactory) -> Cluster:
    return own_cluster(writers=1, shards=1, metrics=True)


def test_every_step_of_a_message_is_counted_where_it_happens(counted: Cluster) -> None:
    with Scene(counted) as scene:
        an, bo = scene.people("an", "bo")
        sender, reader = scene.connect(an), scene.connect(bo, gateway=1)
        channel = sender.write("open_direct", to=bo).channel_id
        for number in range(MESSAGES):
            sent = sender.send_text(channel, str(number))
        eventually(lambda: reader.holdings.last(channel) == sent.seq)
        with pytest.raises(RefusedError):
            reader.request("send", channel_id="c" * 24, client_message_id="1", content="x")

        near, far, writer = (samples(counted, name) for name in ("gateway-0", "gateway-1", "writer-0"))

    assert near["imapp_connections"] == far["imapp_connections"] == 1
    assert near["imapp_frames_received_total send"] == MESSAGES
    assert near["imapp_frames_sent_total ok"] == MESSAGES + 2  # and to hello and open_direct
    assert near["imapp_send_ack_seconds_count"] == MESSAGES + 1
    assert far["imapp_frames_sent_total message"] == far["imapp_send_deliver_seconds_count"] == MESSAGES
    assert far["imapp_refusals_total not_found"] == far["imapp_frames_sent_total error"] == 1
    assert writer["imapp_batch_commands_sum"] >= MESSAGES + 2
    assert writer["imapp_log_conflicts_total"] == 0


def test_files_are_counted_as_they_come_and_go(own_cluster: ClusterFactory) -> None:
    little = {"IM_UNSENT_FILE_S": "1", "IM_COLLECT_EVERY_S": "1"}
    cluster = own_cluster(gateways=1, writers=1, shards=1, metrics=True, environment=little)
    with Scene(cluster) as scene:
        an = scene.rest(scene.people("an")[0])

        kept(an)
        assert refusal(upload(an, HTML, name="a.html", declared="text/html")) == "unsupported_media"

        seen = samples(cluster, "gateway-0")
        assert (seen["imapp_files_kept_total"], seen["imapp_file_bytes_kept_total"]) == (1, len(PDF))
        assert seen["imapp_files_refused_total unsupported_media"] == 1
        receipts = next(name for name in cluster.processes if name.startswith("receipts"))
        eventually(lambda: samples(cluster, receipts)["imapp_files_collected_total"] == 1)


def test_a_gateway_knows_the_queues_and_all_pay_for_their_memory(counted: Cluster) -> None:
    queues = {"messages.0", "receipts"}
    eventually(
        lambda: all(samples(counted, "gateway-0").get(f"imapp_queue_consumers {name}") for name in queues)
    )

    assert samples(counted, "gateway-0")["imapp_queue_messages dead"] == 0
    for name in counted.processes:
        assert samples(counted, name)["process_resident_memory_bytes"] > 0


def test_figures_are_not_served_where_clients_come_in(scene: Scene) -> None:
    (an,) = scene.people("an")
    rest = scene.rest(an)

    assert rest.call("GET", "/metrics").status_code == 404
    assert rest.session.get(f"{scene.cluster.gateway_urls[0]}/metrics", timeout=10).status_code == 404


def test_a_client_that_comes_and_goes_is_counted(counted: Cluster) -> None:
    with Scene(counted) as scene:
        (an,) = scene.people("an")
        first = scene.connect(an)
        cursor = first.sync().cursor
        first.close()
        scene.connect(an, cursor=cursor)

        eventually(lambda: samples(counted, "gateway-0").get("imapp_connections_closed_total by client") == 1)

        seen = samples(counted, "gateway-0")
        assert (seen["imapp_hellos_total no"], seen["imapp_hellos_total yes"]) == (1, 1)
        assert seen["imapp_connections"] == 1
