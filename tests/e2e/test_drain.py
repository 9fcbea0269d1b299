"""A gateway that is told to stop sends everybody away in good order; what it acknowledged is stored."""

import random
from collections.abc import Iterable, Sequence

import msgspec

from imapp.broker.topology import WRITE_TASK
from imapp.domain.ids import shard_of
from schemas.commands import SendMessage
from schemas.frames import CloseCode, ClosingEvent
from schemas.tasks import WriteBatch
from tests.conftest import ClusterFactory
from tests.support import broker
from tests.support.chatter import Chatter, direct_channel, has_gone_on
from tests.support.client import Client
from tests.support.cluster import Cluster
from tests.support.logs import named
from tests.support.scene import Scene
from tests.support.waiting import eventually

LISTENERS = 96
WITHIN_S = 20.0  # what a gateway takes at most, and the machine's noise
LONG_S = 60.0
_MANY = 300
_PAUSE_S = 0.2


def hints(clients: Iterable[Client]) -> list[int]:
    """When each client is asked to come back; every one must have been asked once."""
    events = [client.events(ClosingEvent) for client in clients]
    assert {len(told) for told in events} == {1}
    return [told[0].reconnect_in_ms for told in events]


def test_under_load_everybody_is_told_and_nothing_acknowledged_is_lost(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(writers=1, shards=1, environment={"IM_LOG_FORMAT": "json"})
    with Scene(cluster) as scene:
        names = scene.people("an", "bo", "chen", "ding")
        chatters = [Chatter(scene, name) for name in names]
        listeners = [scene.connect(random.choice(names)) for _ in range(LISTENERS)]
        channel = direct_channel(chatters[0].client, names[1])
        for chatter in chatters[:2]:
            chatter.talk(channel)
        eventually(has_gone_on(chatters[:2], 20), what="both have begun to talk")
        clients = [*listeners, *(chatter.client for chatter in chatters)]

        cluster.processes["gateway-0"].ask_to_stop()

        codes = {client.wait_closed(timeout=WITHIN_S) for client in clients}
        assert codes == {CloseCode.RESTART}
        assert len(set(hints(clients))) > LISTENERS / 2
        (line,) = eventually(lambda: named(cluster, "gateway-0", "drained"))
        assert (line["told"], line["left"], line["unanswered"]) == (len(clients), 0, 0)
        for chatter in chatters[:2]:
            chatter.hush()
        cluster.restart("gateway-0")
        scene.judge().raise_if_broken()


def test_what_was_taken_before_is_answered_before_the_goodbye(own_cluster: ClusterFactory) -> None:
    """Guard: `Gateway.drain` waits for what is under way before anybody is sent elsewhere.

    Switch: without that wait the sender is closed on, and does not know whether it was stored.
    """
    cluster = own_cluster(writers=1, shards=1, failpoints={"writer-0": "writer.command~slow=slow"})
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        channel = direct_channel(client, bo)
        reply = client.post_text(channel, "takes a second", client_message_id="slow")
        client.request("ping")  # frames are taken in their order: the gateway has it

        cluster.processes["gateway-0"].ask_to_stop()

        assert client.wait_closed(timeout=WITHIN_S) == CloseCode.RESTART
        assert reply.result(0)["type"] == "ok"
        assert len(hints([client])) == 1


def test_a_writer_says_what_it_hands_over(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(environment={"IM_LOG_FORMAT": "json"})
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        client.send_text(client.write("open_direct", to=bo).channel_id, "hi")

        cluster.processes["writer-0"].stop()

    (line,) = named(cluster, "writer-0", "drained")
    assert (line["role"], line["handed_over"]) == ("writer", 0)


def test_nobody_overtakes_what_a_writer_holds_when_it_is_told_to_stop(own_cluster: ClusterFactory) -> None:
    """Guard: `KeepConsuming` closes the connection, which requeues and hands over in one step.

    Switch: see `tests/unit/test_worker_lifecycle`. With Celery's own `Tasks.stop` the standby may be given
    the next batch while this one is being written, if RabbitMQ is quicker than the end of the connection.
    """
    held = [f"held-{number}" for number in range(8)]  # its batch takes so many seconds
    slowly = ",".join(f"writer.command~{name}=slow" for name in held)
    cluster = own_cluster(
        failpoints=dict.fromkeys(("writer-0", "writer-1"), slowly), environment={"IM_STANDBY_DELAY_S": "0.5"}
    )
    with Scene(cluster) as scene:
        an, bo = scene.people("an", "bo")
        channel = direct_channel(scene.connect(an), bo)
        shard = shard_of(channel, cluster.shards)
        cluster.wait_consumers(2)
        for names in (held, ["next"]):
            _hand_in(cluster, shard, [_send(channel, an, name) for name in names])
        eventually(
            lambda: broker.length(cluster, f"messages.{shard}") < 2, timeout=LONG_S, what="one is taken"
        )

        leaving = cluster.processes[f"writer-{shard}"]
        leaving.ask_to_stop()
        for number in range(_MANY):  # what comes makes RabbitMQ look to whom it may give what waits
            if leaving.wait(_PAUSE_S):
                break
            _hand_in(cluster, shard, [_send(channel, an, f"later-{number}")])

        messages = cluster.database["messages"]
        eventually(lambda: messages.count_documents({"channel_id": channel}) > len(held) + 1, timeout=LONG_S)
        stored = messages.find({"channel_id": channel}).sort("_id").limit(len(held) + 1)
        assert [entry["client_message_id"] for entry in stored] == [*held, "next"]


def _send(channel: str, actor: str, name: str) -> SendMessage:
    return SendMessage(actor=actor, client_message_id=name, channel_id=channel, content=name)


def _hand_in(cluster: Cluster, shard: int, commands: Sequence[SendMessage]) -> None:
    """As a gateway does that knows nothing of the others."""
    name = commands[0].client_message_id
    batch = WriteBatch(batch_id=name, shard=shard, reply_queue=name, commands=[*commands])
    cluster.publish_task(f"messages.{shard}", WRITE_TASK, msgspec.msgpack.encode(batch))
