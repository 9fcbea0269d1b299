"""A mark or a message that its worker can't stand, of whatever kind, is set aside; the others are served."""

from collections.abc import Iterator

import pytest

from tests.conftest import ClusterFactory
from tests.support.chatter import direct_channel
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.supervisor import Supervisor
from tests.support.waiting import eventually

LONG_S = 60.0


@pytest.fixture
def scene(own_cluster: ClusterFactory) -> Iterator[Scene]:
    """A small system whose receipts and push worker is about to be hurt."""
    with Scene(own_cluster(gateways=1, writers=1, shards=1)) as scene:
        yield scene


def has_read(asker: RestClient, message_id: str | None) -> bool:
    return asker.pushes(message_id or "").counts.read == 1


@pytest.mark.parametrize("how", ["raise", "kill"])
def test_a_mark_that_its_worker_cannot_stand_is_set_aside_and_the_others_are_applied(
    scene: Scene, how: str
) -> None:
    an, bo, eve = scene.people("an", "bo", "eve")
    an_here, asker = scene.connect(an), scene.rest(an)
    for_bo = an_here.send_text(direct_channel(an_here, bo), "to bo")
    for_eve = an_here.send_text(direct_channel(an_here, eve), "to eve")
    parked = scene.cluster.database["parked"]
    supervisor = Supervisor([scene.cluster.processes["receipts"]])
    scene.cluster.restart("receipts", failpoints=f"receipts.mark~{eve}={how}")

    scene.rest(eve).read(for_eve.channel_id or "", 1)
    scene.rest(bo).read(for_bo.channel_id or "", 1)

    eventually(
        lambda: supervisor.keep_alive() and parked.count_documents({}) >= 1,
        timeout=LONG_S,
        what="it is set aside",
    )
    eventually(lambda: supervisor.keep_alive() and has_read(asker, for_bo.message_id), timeout=LONG_S)
    assert not has_read(asker, for_eve.message_id)


def test_a_message_that_kills_its_push_worker_is_passed_over_and_the_others_are_dispatched(
    scene: Scene,
) -> None:
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here = scene.connect(an)
    deadly, sound = direct_channel(an_here, bo), direct_channel(an_here, chen)
    heads = scene.cluster.database["push_heads"]
    supervisor = Supervisor([scene.cluster.processes["receipts"]])
    scene.cluster.restart("receipts", failpoints=f"pushes.channel~{deadly}=kill")

    an_here.send_text(deadly, "deadly")
    an_here.send_text(sound, "sound")

    for channel in (deadly, sound):
        eventually(
            lambda: supervisor.keep_alive() and heads.count_documents({"_id": channel, "seq": 1}) == 1,  # noqa: B023
            timeout=LONG_S,
            what="the channel is dispatched",
        )
    parked = scene.cluster.database["parked"]
    eventually(lambda: parked.count_documents({}) == 1, what="it is set aside")
    scene.cluster.restart("receipts", failpoints="")
    an_here.send_text(deadly, "and on it goes")
    eventually(lambda: heads.count_documents({"_id": deadly, "seq": 2}) == 1)
