"""Processes die at the worst moments, and single messages go astray between the parts."""

from collections.abc import Callable

import pytest

from schemas import frames
from tests.conftest import ClusterFactory
from tests.support.chatter import direct_channel
from tests.support.client import Client
from tests.support.link import RefusedError
from tests.support.scene import Scene
from tests.support.supervisor import Supervisor
from tests.support.waiting import eventually

HurtScene = Callable[..., Scene]


@pytest.fixture
def hurt(own_cluster: ClusterFactory, request: pytest.FixtureRequest) -> HurtScene:
    """Makes a cluster whose processes fail where they are told to, and the people on it."""

    def make(**failpoints: str) -> Scene:
        named = {name.replace("_", "-"): point for name, point in failpoints.items()}
        cluster = own_cluster(failpoints=named, environment={"IM_STANDBY_DELAY_S": "0.5"})
        scene = Scene(cluster)
        request.addfinalizer(scene.__exit__)
        return scene

    return make


@pytest.mark.parametrize("moment", ["writer.command", "writer.stored", "writer.published"])
def test_a_message_whose_writer_dies_is_stored_once_and_reaches_everybody(
    hurt: HurtScene, moment: str
) -> None:
    # The third batch of each writer kills it: before the store, before the fanout, before the answer.
    scene = hurt(writer_0=f"{moment}=3:kill", writer_1=f"{moment}=3:kill")
    an, bo = scene.people("an", "bo")
    an_here, bo_there = scene.connect(an), scene.connect(bo, gateway=1)
    scene.cluster.wait_consumers(2)
    channel = direct_channel(an_here, bo)
    an_here.send_text(channel, "one")

    an_here.send_text(channel, "two")

    bo_there.wait_for_text("two")
    scene.judge().raise_if_broken()


def test_an_answer_lost_with_its_gateway_is_the_same_at_the_other(hurt: HurtScene) -> None:
    scene = hurt(gateway_0="gateway.fanout=2:kill")
    an, bo = scene.people("an", "bo")
    an_here, bo_there = scene.connect(an), scene.connect(bo, gateway=1)
    channel = direct_channel(an_here, bo)

    an_here.post_text(channel, "is it stored?", client_message_id="asked-once")
    stored = bo_there.wait_for_text("is it stored?")
    an_here.wait_closed()
    an_there = scene.connect(an, gateway=1, reader=an_here.reader)
    answer = an_there.send_text(channel, "is it stored?", client_message_id="asked-once")

    assert answer.message_id == stored.message_id
    scene.cluster.restart("gateway-0")
    scene.judge().raise_if_broken()


def test_a_lost_batch_of_the_fanout_is_noticed_and_filled(hurt: HurtScene) -> None:
    scene = hurt(gateway_1="gateway.fanout=3:skip")
    an, bo = scene.people("an", "bo")
    an_here, bo_there = scene.connect(an), scene.connect(bo, gateway=1)
    channel = direct_channel(an_here, bo)
    an_here.send_text(channel, "one")

    an_here.send_text(channel, "two, which never comes by itself")
    an_here.send_text(channel, "three")

    bo_there.wait_for(lambda _: True, frames.ResyncEvent)
    bo_there.catch_up()
    assert bo_there.texts(channel) == ["one", "two, which never comes by itself", "three"]
    scene.judge().raise_if_broken()


def test_a_lost_joining_is_noticed_before_the_next_message_is_delivered(hurt: HurtScene) -> None:
    scene = hurt(gateway_1="gateway.fanout=2:skip")
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, chen_there = scene.connect(an), scene.connect(chen, gateway=1)
    channel = an_here.write("create_group", name="lunch", user_ids=[bo]).channel_id

    an_here.write("add_members", channel_id=channel, user_ids=[chen])
    an_here.send_text(channel, "welcome, chen")

    chen_there.wait_for_text("welcome, chen")
    scene.judge().raise_if_broken()


def test_a_lost_removal_is_noticed_before_the_next_message_is_delivered(hurt: HurtScene) -> None:
    scene = hurt(gateway_1="gateway.fanout=2:skip")
    an, bo, chen = scene.people("an", "bo", "chen")
    an_here, bo_there, chen_there = (
        scene.connect(an),
        scene.connect(bo, gateway=1),
        scene.connect(chen, gateway=1),
    )
    channel = an_here.write("create_group", name="lunch", user_ids=[bo, chen]).channel_id

    an_here.write("remove_member", channel_id=channel, user_id=chen)
    an_here.send_text(channel, "now that chen is gone")

    bo_there.wait_for_text("now that chen is gone")
    chen_there.catch_up()
    assert "now that chen is gone" not in chen_there.texts(channel)
    scene.judge().raise_if_broken()


def test_a_command_that_kills_its_writers_is_set_aside_and_the_shard_goes_on(hurt: HurtScene) -> None:
    poison = "writer.command~poison=kill"
    scene = hurt(writer_0=poison, writer_1=poison)
    an, bo = scene.people("an", "bo")
    an_here, bo_there = scene.connect(an), scene.connect(bo, gateway=1)
    channel = direct_channel(an_here, bo)

    an_here.post_text(channel, "before")
    deadly = an_here.post_text(channel, "deadly", client_message_id="poison")
    supervisor = Supervisor(scene.cluster.processes[name] for name in scene.cluster.writers)
    eventually(lambda: supervisor.keep_alive() and deadly.done(), timeout=60, what="the poison is answered")
    eventually(lambda: supervisor.keep_alive() and _is_sent(an_here, channel), timeout=60)

    with pytest.raises(RefusedError) as refusal:
        deadly.result(0)
    assert refusal.value.code in ("internal", "busy")
    assert scene.cluster.database["parked"].count_documents({}) == 1
    bo_there.wait_for_text("after")
    scene.judge().raise_if_broken()


def _is_sent(client: Client, channel: str) -> bool:
    try:
        client.send_text(channel, "after", client_message_id="after")
    except RefusedError:
        return False
    return True
