"""MongoDB goes away for so long that its writers give it up; `tests/faults` has the shorter outages."""

from devstack.services import Stack
from tests.conftest import ClusterFactory
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.scene import Scene
from tests.support.waiting import eventually

_BACK_S = 60.0


def two_talking(scene: Scene) -> list[Chatter]:
    an, bo = scene.people("an", "bo")
    chatters = [Chatter(scene, an), Chatter(scene, bo, gateway=1)]
    channel = direct_channel(chatters[0].client, bo)
    for chatter in chatters:
        chatter.talk(channel)
    eventually(has_gone_on(chatters, 20), what="both have begun to talk")
    return chatters


def test_writers_that_gave_mongodb_up_go_on_when_it_is_back(
    own_cluster: ClusterFactory, stack: Stack
) -> None:
    cluster = own_cluster(environment={"IM_STORE_PATIENCE_S": "1", "IM_STANDBY_DELAY_S": "0.5"})
    with Scene(cluster) as scene:
        chatters = two_talking(scene)

        stack.mongod.kill()
        eventually(
            lambda: "fail_stop" in cluster.logs("writer-0") + cluster.logs("writer-1"), timeout=_BACK_S
        )
        stack.mongod.start()

        eventually(has_gone_on(chatters, 40), timeout=_BACK_S, what="both are answered again")
        for chatter in chatters:
            chatter.hush()
        scene.judge().raise_if_broken()
