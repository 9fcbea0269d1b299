"""What operators read: one message followed through all processes by its ids, and no secret anywhere."""

import socket
from collections.abc import Iterator

import pytest
import requests

from devstack.services import Stack
from tests.conftest import ClusterFactory
from tests.support.cluster import Cluster
from tests.support.logs import events, named
from tests.support.people import make_users
from tests.support.recorder import Recorder
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S, eventually

SECRET = "the-secret-text-of-an"


@pytest.fixture
def talkative(own_cluster: ClusterFactory) -> Cluster:
    return own_cluster(writers=1, shards=1, environment={"IM_LOG_LEVEL": "debug", "IM_LOG_FORMAT": "json"})


def test_one_message_is_followed_from_gateway_to_writer_to_the_other_gateway(talkative: Cluster) -> None:
    with Scene(talkative) as scene:
        an, bo = scene.people("an", "bo")
        sender, reader = scene.connect(an), scene.connect(bo, gateway=1)
        channel = sender.write("open_direct", to=bo).channel_id
        sent = sender.send_text(channel, "hi", client_message_id="follow-me")
        eventually(lambda: reader.holdings.last(channel) == sent.seq)

    by_client_id = {"client_message_id": "follow-me"}
    (taken,) = named(talkative, "gateway-0", "command_taken", **by_client_id)
    (posted, *_) = named(talkative, "gateway-0", "command_sent", **by_client_id)
    (decided, *_) = eventually(lambda: named(talkative, "writer-0", "command_decided", **by_client_id))
    (answered,) = named(talkative, "gateway-0", "command_answered", **by_client_id)
    (delivered,) = named(talkative, "gateway-1", "entry_delivered", message_id=sent.message_id)

    assert (taken["connection"], taken["user"]) == (sender.hello.connection, an)
    assert (posted["batch"], posted["shard"]) == (decided["batch"], decided["shard"])
    assert decided["message_id"] == answered["message_id"] == sent.message_id
    assert (decided["channel_id"], answered["code"]) == (channel, "ok")
    assert delivered["connections"] == 1
    assert [line["role"] for line in (taken, decided, delivered)] == ["gateway", "writer", "gateway"]


def test_a_write_over_rest_is_found_by_its_request_id(talkative: Cluster) -> None:
    an, bo = make_users(talkative.database, "an", "bo")
    rest = RestClient(talkative.gateway_urls[0], make_token(an), user=an)

    rest.session.headers["X-Request-Id"] = "from-the-proxy"
    rest.send_to(bo, "hi", client_message_id="by-rest")

    (taken,) = named(talkative, "gateway-0", "command_taken", client_message_id="by-rest")
    assert (taken["request_id"], taken["user"]) == ("from-the-proxy", an)


def test_a_connection_leaves_a_line_when_it_comes_and_one_when_it_goes(talkative: Cluster) -> None:
    with Scene(talkative) as scene:
        (an,) = scene.people("an")
        client = scene.connect(an)
        client.request("ping")
        client.close()
        ids = {"connection": client.hello.connection, "user": an}
        (gone,) = eventually(lambda: named(talkative, "gateway-0", "disconnected", **ids))

    assert len(named(talkative, "gateway-0", "connected", **ids)) == 1
    assert (gone["reason"], gone["frames_in"], gone["frames_out"]) == ("by client", 2, 2)
    assert gone["bytes_in"] > 0
    assert gone["bytes_out"] > 0


def test_on_the_usual_level_a_message_leaves_no_line(own_cluster: ClusterFactory) -> None:
    quiet = own_cluster(writers=1, shards=1, environment={"IM_LOG_FORMAT": "json"})
    with Scene(quiet) as scene:
        an, bo = scene.people("an", "bo")
        client = scene.connect(an)
        channel = client.write("open_direct", to=bo).channel_id
        before = [len(list(_ordinary(quiet, name))) for name in quiet.processes]
        for number in range(50):
            client.send_text(channel, str(number))
        after = [len(list(_ordinary(quiet, name))) for name in quiet.processes]

    assert after == before


def _ordinary(cluster: Cluster, name: str) -> Iterator[str]:
    """The names of all lines but those about a machine that was slow."""
    slow = ("batch_", "dependency_")
    return (line["event"] for line in events(cluster, name) if not line["event"].startswith(slow))


def test_no_secret_and_no_text_of_a_message_is_in_any_log(talkative: Cluster, stack: Stack) -> None:
    with Scene(talkative, Recorder()) as scene:
        an, bo = scene.people("an", "bo")
        token, url = make_token(an), talkative.gateway_urls[0]
        client, rest = scene.connect(an), scene.rest(bo)
        channel = client.write("open_direct", to=bo).channel_id
        client.send_text(channel, SECRET)
        rest.send_text(channel, SECRET)
        client.send_raw(f'{{"type": "send", "content": "{SECRET}", "client_message_id": 1}}')
        requests.get(f"{url}/api/v1/me?token={token}", timeout=PATIENCE_S)
        requests.get(f"{url}/nowhere?token={token}", timeout=PATIENCE_S)
        _say(url, f"GET /ws?token={token} HTTP/9.9\r\n\r\n")
        _say(url, f"GET /ws HTTP/1.1\r\nAuthorization Bearer {token}\r\n\r\n")
        _publish_rubbish(talkative, SECRET)
        eventually(lambda: _has_complained(talkative), what="the worker has met what it can't read")

    logs = "".join(process.log.read_text() for process in talkative.processes.values())
    signature = token.rpartition(".")[2]
    password = stack.amqp_url.partition("://")[2].partition("@")[0]
    found = [secret for secret in (SECRET, token, signature, "?token=", password) if secret in logs]
    assert "command_taken" in logs
    assert found == []


def _say(url: str, text: str) -> None:
    host, _, port = url.rpartition("/")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(text.encode())
        while connection.recv(4096):
            pass


def _publish_rubbish(cluster: Cluster, text: str) -> None:
    """Tasks that can't be read or are not known: Celery shows their bodies in its complaints."""
    cluster.publish_task("messages.0", "messages.write", text.encode())
    cluster.publish_task("messages.0", "no.such.task", text.encode())


def _has_complained(cluster: Cluster) -> bool:
    lines = named(cluster, "writer-0", "library")
    return any("unregistered" in line["message"] for line in lines) and len(lines) >= 2
