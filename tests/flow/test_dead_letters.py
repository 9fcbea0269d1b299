"""What no worker can read is kept for an operator, and what comes behind it is served."""

from tests.support import broker
from tests.support.scene import Scene
from tests.support.waiting import eventually


def test_a_body_that_nobody_can_decode_goes_to_the_dead_letters(scene: Scene) -> None:
    cluster = scene.cluster
    an, bo = scene.people("an", "bo")
    an_here = scene.connect(an)
    before = broker.length(cluster, "dead")

    for shard in range(cluster.shards):
        broker.publish_raw(cluster, f"messages.{shard}", b"\xc1", content_type="application/x-msgpack")

    eventually(
        lambda: broker.length(cluster, "dead") == before + cluster.shards,
        what="they are among the dead letters",
    )
    assert an_here.send_text(None, "hi", to=bo).seq == 1
