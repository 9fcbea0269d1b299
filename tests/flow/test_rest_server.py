"""What only the real server shows: tokens, sizes, health, and the answers while the writers are away."""

import threading
from collections.abc import Iterator

import pytest
import requests

from schemas.health import Readiness
from tests.conftest import ClusterFactory
from tests.support.people import make_users
from tests.support.rest import RestClient
from tests.support.scene import Scene
from tests.support.tokens import make_token
from tests.support.waiting import PATIENCE_S


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "not.a.token",
        make_token("an", key="some other key of 32 characters or more"),
        make_token("an", aud="another-product"),
        make_token("an", expires_in_s=-60),
        make_token("nobody-at-all"),
    ],
)
def test_a_token_that_proves_nothing_is_refused(scene: Scene, token: str | None) -> None:
    make_users(scene.cluster.database, "an")
    client = RestClient(scene.cluster.gateway_urls[0], token, user="an")

    refused = client.call("GET", "/me")

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")


def test_a_token_in_the_address_does_not_count(scene: Scene) -> None:
    (an,) = scene.people("an")
    client = RestClient(scene.cluster.gateway_urls[0], None, user=an)

    assert client.call("GET", "/me", params={"token": make_token(an)}).status_code == 401


def test_two_tokens_are_none(scene: Scene) -> None:
    an, bo = scene.people("an", "bo")
    client = RestClient(scene.cluster.gateway_urls[0], None, user=an)
    both = f"Bearer {make_token(an)}, Bearer {make_token(bo)}"

    assert client.call("GET", "/me", headers={"Authorization": both}).status_code == 401


def test_a_large_body_is_refused_whether_or_not_it_says_so(scene: Scene) -> None:
    (an,) = scene.people("an")
    rest, large = scene.rest(an), b'{"client_message_id":"1","to":"' + b"x" * 70_000

    def in_pieces() -> Iterator[bytes]:
        yield from (large[start : start + 1_000] for start in range(0, len(large), 1_000))

    for body in (large, in_pieces()):
        refused = rest.call(
            "POST", "/channels/direct", data=body, headers={"Content-Type": "application/json"}
        )
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_anybody_may_ask_how_it_is(scene: Scene) -> None:
    client = RestClient(scene.cluster.gateway_urls[0], None, user="the load balancer")

    ready = client.get("/health/ready", Readiness)

    assert ready.ready
    assert ready.mongodb.ok
    assert ready.rabbitmq.ok
    assert ready.writers.ok
    assert ready.receipts.ok
    assert ready.pushes.ok
    assert client.call("GET", "/health/live").json() == {"status": "ok"}


def test_the_documentation_is_served_from_here(scene: Scene) -> None:
    url = scene.cluster.gateway_urls[0]

    page = requests.get(f"{url}/docs", timeout=PATIENCE_S)
    script = requests.get(f"{url}/docs/swagger-ui-bundle.js", timeout=PATIENCE_S)

    assert "swagger-ui-bundle.js" in page.text
    assert len(script.content) > 1_000_000


def test_while_nobody_writes_the_answer_is_busy_and_the_repeat_settles_it(
    own_cluster: ClusterFactory,
) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1, environment={"IM_COMMAND_TIMEOUT_S": "1"})
    an, bo = make_users(cluster.database, "an", "bo")
    rest = RestClient(cluster.gateway_urls[0], make_token(an), user=an)
    channel = rest.create_group("Lunch", bo).channel_id
    cluster.freeze("writer-0")

    busy = rest.call(
        "POST", f"/channels/{channel}/messages", json={"client_message_id": "1", "content": "hi"}
    )
    cluster.thaw("writer-0")
    entry = rest.send_text(channel, "hi", client_message_id="1")

    assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (503, "busy", "1")
    assert [found.seq for found in rest.history(channel).entries] == [1, entry.seq]


def test_one_slow_answer_holds_up_nobody_else(own_cluster: ClusterFactory) -> None:
    cluster = own_cluster(gateways=1, writers=1, shards=1)
    an, bo = make_users(cluster.database, "an", "bo")
    waiting, reading = (RestClient(cluster.gateway_urls[0], make_token(user), user=user) for user in (an, bo))
    channel = waiting.create_group("Lunch", bo).channel_id
    cluster.freeze("writer-0")
    answers: list[str] = []
    sender = threading.Thread(target=lambda: answers.append(waiting.send_text(channel, "hello?").content))

    sender.start()
    rows = [reading.history(channel).entries[0].seq for _ in range(20)]
    answers_by_then = list(answers)
    cluster.thaw("writer-0")
    sender.join()

    assert (rows, answers_by_then) == ([1] * 20, [])
    assert answers == ["hello?"]
