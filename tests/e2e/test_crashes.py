"""Writers that were killed and return: who serves which shard then; `tests/faults` has the faults."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from imapp.domain.ids import shard_of
from tests.conftest import ClusterFactory
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.cluster import Cluster
from tests.support.scene import Scene
from tests.support.waiting import eventually

Talk = tuple[list[Chatter], Callable[[], None]]


@pytest.fixture
def hurt(own_cluster: ClusterFactory) -> Iterator[Scene]:
    """A cluster that may be hurt: two gateways, two writers, each standing by for the other."""
    cluster = own_cluster(environment={"IM_STANDBY_DELAY_S": "0.5"})
    cluster.wait_consumers(2)
    with Scene(cluster) as scene:
        yield scene


def six_people_talking(scene: Scene) -> list[Chatter]:
    """Three pairs on both gateways, and a group of all, whose channels fall on both shards."""
    users = scene.people("an", "bo", "chen", "ding", "eva", "fei")
    chatters = [Chatter(scene, user, gateway=number % 2) for number, user in enumerate(users)]
    group = chatters[0].client.write("create_group", name="all", user_ids=list(users[1:])).channel_id
    for one, other in ((0, 1), (2, 3)):
        channel = direct_channel(chatters[one].client, users[other])
        chatters[one].talk(channel)
        chatters[other].talk(channel)
    for chatter in chatters[4:]:
        chatter.talk(group)
    eventually(has_gone_on(chatters, 20), what="everybody has begun to talk")
    return chatters


def hush(chatters: list[Chatter]) -> None:
    for chatter in chatters:
        chatter.hush()


def test_a_shard_returns_to_its_home_writer_once_that_is_back(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(environment={"IM_STANDBY_DELAY_S": "0.5", "IM_GIVE_BACK_AFTER_S": "1"})
    cluster.wait_consumers(2)
    with Scene(cluster) as scene:
        an, *others = scene.people("an", "bo", "chen", "ding", "eva", "fei", "gao", "hao", "ivy", "jun")
        chatter = Chatter(scene, an)
        channels = [direct_channel(chatter.client, other) for other in others]
        chatter.talk(next(channel for channel in channels if shard_of(channel, 2) == 0))
        cluster.kill("writer-0")
        eventually(has_gone_on([chatter], 20), timeout=30, what="the standby serves the shard")
        cluster.restart("writer-0")

        eventually(partial(_has_given_back, cluster), timeout=30, what="the standby gives it back")
        cluster.freeze("writer-1")  # so that nobody but its home can serve it
        eventually(has_gone_on([chatter], 20), timeout=30, what="the home writer serves the shard")

        cluster.thaw("writer-1")
        chatter.hush()
        scene.judge().raise_if_broken()


def _has_given_back(cluster: Cluster) -> bool:
    return "giving_back" in cluster.logs("writer-1")


def test_a_killed_writer_that_returns_takes_part_again(hurt: Scene) -> None:
    chatters = six_people_talking(hurt)

    hurt.cluster.kill("writer-0")
    eventually(has_gone_on(chatters, 20), timeout=30)
    hurt.cluster.restart("writer-0")
    hurt.cluster.wait_consumers(2)
    hurt.cluster.kill("writer-1")

    eventually(has_gone_on(chatters, 20), timeout=30, what="everybody is answered again")
    hush(chatters)
    hurt.judge().raise_if_broken()
