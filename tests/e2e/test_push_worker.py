"""The push worker dies at the worst moments, and nudges go astray: nothing is lost, nothing is told twice."""

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import ClusterFactory
from tests.support.endpoint import Endpoint, webhook_settings
from tests.support.scene import Scene
from tests.support.waiting import eventually

Make = Callable[..., Scene]
LONG_S = 30.0


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def hurt(own_cluster: ClusterFactory, endpoint: Endpoint, request: pytest.FixtureRequest) -> Make:
    """Makes a small system with a webhook whose processes fail where they are told to."""
    environment = {
        **webhook_settings(endpoint.url),
        "IM_PUSH_TIMEOUT_S": "5",
        "IM_PUSH_SWEEP_S": "0.2",
    }

    def make(**failpoints: str) -> Scene:
        named = {name.replace("_", "-"): point for name, point in failpoints.items()}
        scene = Scene(own_cluster(failpoints=named, environment=environment, gateways=1, writers=1, shards=1))
        request.addfinalizer(scene.__exit__)
        return scene

    return make


def chain(scene: Scene, channel: str) -> list[tuple[int, int]]:
    """The dispatched ranges of a channel in order."""
    rows = scene.cluster.database["pushes"].find({"channel_id": channel, "status": 0}).sort("min_seq")
    return [(row["min_seq"], row["max_seq"]) for row in rows]


def is_whole(scene: Scene, channel: str, last: int) -> bool:
    """Whether the ranges cover 1..last, each seq once."""
    covered = [seq for first, end in chain(scene, channel) for seq in range(first, end + 1)]
    return covered == list(range(1, last + 1))


@pytest.mark.parametrize("moment", ["pushes.computed", "pushes.dispatched"])
def test_a_worker_that_dies_in_the_middle_leaves_the_same_ledger_and_tells_once(
    hurt: Make, endpoint: Endpoint, moment: str
) -> None:
    scene = hurt(receipts=f"{moment}=2:kill")
    an, bo = scene.people("an", "bo")
    an_here = scene.connect(an)
    first = an_here.send_text(None, "one", to=bo)
    eventually(lambda: is_whole(scene, first.channel_id, 1))
    # Else the worker could die with it in its hands, and "two" be told first: order is not promised.
    eventually(lambda: endpoint.told(bo), timeout=LONG_S)

    last = an_here.send_text(None, "two", to=bo)
    eventually(lambda: not scene.cluster.processes["receipts"].is_running, timeout=LONG_S)
    scene.cluster.restart("receipts")

    eventually(lambda: is_whole(scene, last.channel_id, last.seq or 0), timeout=LONG_S)
    eventually(lambda: len(endpoint.told(bo)) == 2, timeout=LONG_S)
    assert [record.preview for record in endpoint.told(bo)] == ["one", "two"]


def test_a_worker_that_dies_after_telling_tells_again_under_the_same_id(
    hurt: Make, endpoint: Endpoint
) -> None:
    scene = hurt(receipts="pushes.delivered=kill")
    an, bo = scene.people("an", "bo")
    scene.connect(an).send_text(None, "one", to=bo)
    eventually(lambda: not scene.cluster.processes["receipts"].is_running, timeout=LONG_S)
    outbox = scene.cluster.database["push_outbox"]
    # It was taken for longer than a test should wait.
    outbox.update_many({}, [{"$set": {"next_at": "$$NOW"}}])

    scene.cluster.restart("receipts")

    eventually(lambda: outbox.count_documents({}) == 0, timeout=LONG_S)
    assert len(endpoint.deliveries) == 2
    assert len({delivery.webhook_id for delivery in endpoint.deliveries}) == 1


def test_a_lost_nudge_is_made_up_for_by_the_sweep(hurt: Make, endpoint: Endpoint) -> None:
    scene = hurt(writer_0="nudges.taken=skip")
    an, bo = scene.people("an", "bo")

    sent = scene.connect(an).send_text(None, "nobody is nudged", to=bo)

    eventually(lambda: is_whole(scene, sent.channel_id, 1), timeout=LONG_S)
    eventually(lambda: endpoint.told(bo), timeout=LONG_S)
